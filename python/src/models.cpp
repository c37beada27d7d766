#include "models.hpp"

#include <iterator>

#include "records.hpp"
#include "values.hpp"

namespace wayfare::python {

namespace {

// as long as the process
PyTypeObject *model_type, *catalogue_type, *candidate_type, *selection_type;

py::list texts(const std::vector<std::string>& words) {
  py::list list;
  for (const auto& word : words) list.append(text(word));
  return list;
}

py::object count(const std::optional<std::int64_t>& number) {
  return number ? py::object(py::int_(*number)) : py::none();
}
py::str word(std::string_view name) { return py::str(name.data(), name.size()); }

py::dict prices(const Rates& rates) {
  py::dict prices;
  for (const auto& [name, price] : rate_names)
    if (rates.*price) prices[word(name)] = decimal(rates.*price);
  return prices;
}

py::dict override_dict(const Override& special) {
  py::dict given;
  if (special.above_prompt_tokens) given["above_prompt_tokens"] = *special.above_prompt_tokens;
  if (special.utc_start) given["utc_start"] = *special.utc_start;
  if (special.utc_end) given["utc_end"] = *special.utc_end;
  if (!special.utc_days.empty()) given["utc_days"] = texts(special.utc_days);
  given["understood"] = special.understood;
  given["prices"] = prices(special.rates);
  return given;
}

py::object model_record(const Model& model) {
  py::list overrides;
  for (const Override& special : model.overrides) overrides.append(override_dict(special));
  return new_record(model_type, text(model.id), text_or_none(model.name), word(name(model.kind)),
                    prices(model.rates), count(model.context_tokens),
                    count(model.completion_tokens_max), texts(model.input_modalities),
                    texts(model.output_modalities), texts(model.parameters), py::bool_(model.free),
                    text_or_none(model.expires), text_or_none(model.alias_of),
                    text_or_none(model.canonical_slug), py::int_(model.created), overrides);
}

py::object catalogue_record(const CatalogueState& state) {
  return new_record(catalogue_type, word(name(state.source)), py::bool_(state.stale),
                    state.fetched ? datetime(*state.fetched) : py::none());
}

py::list candidates(const std::vector<Candidate>& given) {
  py::list list;
  for (const Candidate& one : given)
    list.append(new_record(candidate_type, text(one.model), text(one.reason), decimal(one.expected),
                           decimal(one.bound), text_or_none(one.unbounded)));
  return list;
}

} // namespace

py::object models_object(const ModelList& given) {
  py::list list;
  for (const Model& model : given.models) list.append(model_record(model));
  return py::make_tuple(list, catalogue_record(given.catalogue));
}

py::object selection_record(const Selection& selection) {
  return new_record(selection_type, text(selection.policy), candidates(selection.ranked),
                    candidates(selection.out), catalogue_record(selection.catalogue));
}

void add_models(py::module_& module) {
  static PyStructSequence_Field model[] = {
      {"id", "what is asked for"},
      {"name", "for people, or None"},
      {"kind", "\"model\", \"router\", \"alias\" or \"batch\" (which cannot be called)"},
      {"prices",
       "dict of Decimal, US dollars: per token \"prompt\", \"completion\", \"cache_read\", "
       "\"cache_write\", ...; \"request\", "
       "\"web_search\" each. What is not in it is not known"},
      {"context_tokens", "of prompt and completion together, or None"},
      {"completion_tokens_max", "of one answer, or None"},
      {"input_modalities", "list of str: \"text\", \"image\", \"file\", \"audio\", \"video\""},
      {"output_modalities", "list of str"},
      {"parameters", "list of str: what at least one of its providers supports, such as \"tools\""},
      {"free", "whether its id says that it is free; a price of zero does not"},
      {"expires", "its last day as \"2026-12-31\", or None"},
      {"alias_of", "of an alias: the model's id; else None"},
      {"canonical_slug", "dated and permanent, not unique; or None"},
      {"created", "UTC seconds since 1970"},
      {"overrides", "list of dict: prices that stand in while all conditions hold"},
      {}};
  model_type = new_record_type(module, "wayfare.Model", "A model of the catalogue.", model,
                               std::size(model) - 1);
  static PyStructSequence_Field catalogue[] = {
      {"source", "\"built_in\" (five models), \"kept\" (from this machine's file) or \"fetched\""},
      {"stale", "older than the server's word for it, and could not be fetched again"},
      {"fetched", "datetime in UTC, or None"},
      {}};
  catalogue_type =
      new_record_type(module, "wayfare.Catalogue", "Where a list of models comes from.", catalogue,
                      std::size(catalogue) - 1);
  static PyStructSequence_Field candidate[] = {
      {"model", "its id"},
      {"reason", "why it stands here, or why it is out"},
      {"expected", "Decimal in US dollars: estimated cost of this request; None where not known"},
      {"bound", "Decimal: what it can cost at most; None where there is no bound"},
      {"unbounded", "the part that has none, or None"},
      {}};
  candidate_type =
      new_record_type(module, "wayfare.Candidate", "A model, as a policy sees it for one request.",
                      candidate, std::size(candidate) - 1);
  static PyStructSequence_Field selection[] = {
      {"policy", "\"ordered\" or \"cheapest\""},
      {"ranked", "list of Candidate, best first: the order in which they are tried"},
      {"out", "list of Candidate that cannot serve the request"},
      {"catalogue", "a Catalogue"},
      {}};
  selection_type = new_record_type(module, "wayfare.Selection", "What a policy makes of a request.",
                                   selection, std::size(selection) - 1);
}

} // namespace wayfare::python
