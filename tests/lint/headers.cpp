// The public headers as a program outside the project compiles them: under more warnings than our
// own code has, each of them an error. The templates in them are used, for a compiler warns of a
// template where it is made into code.

#include <iostream>
#include <type_traits>

#include <wayfare.h>
#include <wayfare/wayfare.hpp>

namespace {

template <wayfare::Described Record>
int fields() {
  int count = 0;
  wayfare::for_each_field<Record>([&](const auto& leaf) {
    Record record;
    static_cast<void>(leaf.get(record));
    ++count;
  });
  return count;
}

int fields_of_all() {
  return fields<wayfare::Reply>() + fields<wayfare::Entry>() + fields<wayfare::Options>() +
         fields<wayfare::Request>() + fields<wayfare::Model>() + fields<wayfare::Error>();
}

} // namespace

int main() {
  auto opened = wayfare::Client::open({.deadline = std::chrono::seconds(60)});
  if (!opened) return std::cerr << opened.error().message << "\n", 1;
  wayfare::Client client = std::move(opened).value();
  auto stream = client.stream({.body = wayfare::user_message("Hello"),
                               .route = {.models = {"a/b"}, .policy = {.max_price = {}}},
                               .charge_to = {.app = "app"}});
  while (const auto event = stream.next()) std::cout << event->text;
  const auto reply = stream.reply();
  const auto usage = client.usage({.by = {wayfare::Dimension::model}});
  const auto page = client.entries({.after = ""});
  const auto budget = client.budget({.name = "all", .scope = {.agent = "*"}});
  const auto blocked = client.block({.user = "ann"});
  const auto backed_up = client.backup("copy.db");
  if (!usage || !page || !budget || !blocked || !backed_up) return 1;
  if (reply && reply->cost) std::cout << reply->cost->text() << "\n";
  std::cout << wayfare_version() << " " << fields_of_all() << "\n";
}
