"""Makes the types and the names of operations of the Node package."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from tables import base_of

if TYPE_CHECKING:
    from tables import Field, Operation, Record, Tables

WIDTH = 100
MADE = "// Made by `./run generate` from the tables in core/include/wayfare. Do not edit.\n"

TYPES = {
    "text": "string",
    "path": "string",
    "boolean": "boolean",
    "integer": "number",
    "seconds": "number",
    "number": "number",
    "json": "Record<string, unknown>",
    "json list": "Record<string, unknown>[]",
    "map of text": "Record<string, string>",
    "nothing": "null",
}
GIVEN = {**TYPES, "dollars": "Dollars | number", "time": "string | Date"}
TOLD = {**TYPES, "dollars": "Dollars", "time": "string"}

# Methods that are written by hand, with the arguments of a request.
BY_HAND = ("chat", "select", "watch")

HEAD = """\
/** An exact amount in US dollars as a decimal text, such as "0.00012". See picodollars(). */
export type Dollars = string;
/** The amount in picodollars (1e-12 dollars), for sums and comparisons. */
export function picodollars(dollars: Dollars): bigint;
/** The amount as a decimal text. */
export function dollars(picodollars: bigint): Dollars;
/** The sum of amounts. An amount that is not known (null) is a TypeError. */
export function sumOfDollars(amounts: Iterable<Dollars>): Dollars;
/** The version of the library. */
export const version: string;

"""

CLIENT = """\
/** A message of a conversation, as the API has it. */
export type Message = { role: string; content?: unknown } & Record<string, unknown>;

/**
 * What a chat takes beside its messages. All other members are sent as members of the body, such as
 * max_tokens or temperature.
 */
export interface ChatOptions {
  model?: string;
  /** The agent that the call is of: what the call leaves out comes from its profile. */
  agent?: string;
  route?: Route;
  charge_to?: ChargeTo;
  headers?: Record<string, string>;
  request_id?: string;
  defaults?: Defaults[];
  /** The whole body as JSON text, in place of messages and all members of the body. */
  body_json?: string;
  /** Cancels the call. The promise is then rejected with the reason of the signal. */
  signal?: AbortSignal;
  [member: string]: unknown;
}

/** What to store with a message in your own database: Reply.metadata. */
export interface Metadata {
  v: number;
  entry: string | null;
  request_id: string | null;
  generation_id: string | null;
  model: string | null;
  provider: string | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  reasoning_tokens: number | null;
  cost: Dollars | null;
  currency: 'USD';
  cost_source: CostSource;
  is_byok: boolean | null;
  upstream_cost: Dollars | null;
  finish_reason: string | null;
  requested_model: string | null;
  first_delta_us: number | null;
  total_us: number | null;
  agent_version: number | null;
}

/** A piece of an answer. */
export type Event =
  | { type: 'text' | 'reasoning' | 'refusal'; text: string }
  | { type: 'tool'; tool_call: ToolPiece }
  | { type: 'usage'; usage: Usage; cost: Dollars | null };

/** An answer in pieces. It is read as fast as the program asks for the pieces. */
export interface Stream extends AsyncIterableIterator<Event> {
  /** The pieces of the text alone. */
  text(): AsyncGenerator<string>;
  /** The whole answer, with its usage and cost. Waits for the end. Rejects if the call failed. */
  reply(): Promise<Reply>;
  /** The reply as far as it came, once the stream has ended, also by an abort. Else null. */
  readonly partial: Reply | null;
  /** Ends the call early. The ledger books what came of it. */
  cancel(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface Watch extends AsyncIterableIterator<Notice> {}

export interface RunOptions {
  signal?: AbortSignal;
}

"""


def comment(text: str, indent: str = "") -> str:
    lines = textwrap.wrap(text, WIDTH - len(indent) - 3, break_long_words=False)
    if len(lines) == 1 and len(indent) + len(lines[0]) + 7 <= WIDTH:
        return f"{indent}/** {lines[0]} */\n"
    body = "".join(f"{indent} * {line}\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def type_of(type: str, words: dict[str, str], told: set[str] | None = None) -> str:
    base = base_of(type)
    text = words.get(base, base)
    if told is not None and base in told:
        text = f"{base}Given"
    return f"{text}[]" if type.startswith("list of ") else text


class Maker:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.told = {record.name for record in tables.results()}
        # The same record may be given and told: what is given may leave members out.
        self.both = {name for name in tables.given if name in self.told}

    def given(self, field: Field) -> str:
        base = base_of(field.type)
        text = type_of(field.type, GIVEN, self.both)
        record = self.tables.records.get(base)
        short = record and next((one for one in record.fields if one.short_form), None)
        if short:
            text = f"{base_of(short.type)} | {text}"
        return text

    def members(self, fields: list[Field], is_given: bool) -> str:
        text = ""
        for field in fields:
            text += comment(field.doc, "  ")
            if is_given:
                mark = "" if field.required else "?"
                text += f"  {field.name}{mark}: {self.given(field)};\n"
            else:
                null = " | null" if field.nullable or field.type.startswith("json") else ""
                text += f"  {field.name}: {type_of(field.type, TOLD)}{null};\n"
        return text

    def interface(self, name: str, record: Record, is_given: bool) -> str:
        members = self.members(record.fields, is_given)
        return f"{comment(record.doc)}export interface {name} {{\n{members}}}\n\n"

    def error(self) -> str:
        members = self.members(self.tables.error.fields, False)
        members = members.replace("  code: string;", "  code: Code;")
        return (
            comment(self.tables.error.doc)
            + f"export class WayfareError extends Error {{\n{members}}}\n\n"
        )

    def result(self, operation: Operation) -> str:
        null = " | null" if operation.may_be_nothing and operation.result != "nothing" else ""
        if operation.result == "nothing":
            return "null"
        return type_of(operation.result, TOLD) + null

    def method(self, operation: Operation) -> str:
        name = method_of(operation.name)
        required = any(field.required for field in operation.fields)
        arguments = f"args{'' if required else '?'}: {class_of(operation.name)}Args"
        listed = page_of(self.tables, operation)
        if listed:
            item = type_of(listed.type.removeprefix("list of "), TOLD)
            returns = f"AsyncIterable<{item}>"
            text = f"  {name}({arguments}): {returns};\n"
        else:
            returns = f"Promise<{self.result(operation)}>"
            text = f"  {name}({arguments}, options?: RunOptions): {returns};\n"
        return comment(operation.doc, "  ") + text


def method_of(operation: str) -> str:
    first, *rest = operation.split("_")
    return first + "".join(part.capitalize() for part in rest)


def class_of(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def page_of(tables: Tables, operation: Operation) -> Field | None:
    """Returns the list of the pages that the operation gives. None if it gives no pages."""
    record = tables.records.get(operation.result)
    if not record or [field.name for field in record.fields][1:] != ["next"]:
        return None
    return record.fields[0]


def types(tables: Tables) -> str:
    maker = Maker(tables)
    enums = "".join(
        comment(enum.doc)
        + f"export type {enum.name} =\n"
        + "".join(f"  | '{name}'\n" for name in enum.names if name != "ok").rstrip()
        + ";\n\n"
        for enum in tables.enums.values()
    )
    told = "".join(maker.interface(one.name, one, False) for one in tables.results())
    told = told.replace("  metadata: Record<string, unknown> | null;", "  metadata: Metadata;")
    given = "".join(
        maker.interface(f"{name}Given" if name in maker.both else name, record, True)
        for name, record in tables.records.items()
        if name in tables.given
    )
    operations = [one for one in tables.operations if one.name not in BY_HAND]
    arguments = "".join(
        f"export interface {class_of(one.name)}Args {{\n{maker.members(one.fields, True)}}}\n\n"
        for one in operations
    )
    chat = CLIENT.replace("?: Route", f"?: {_given_name(maker, 'Route')}")
    chat = chat.replace("?: ChargeTo", f"?: {_given_name(maker, 'ChargeTo')}")
    client = (
        "/**\n * Makes calls and keeps the ledger in which they are booked. The constructor only\n"
        " * checks the options. The first call opens the ledger, starts the threads and uses the\n"
        " * network. A call that is waited for keeps the process alive.\n */\n"
        "export class Client {\n  constructor(options?: Options);\n"
        "  /** Sends a chat completion and gives the whole answer. */\n"
        "  chat(messages: string | Message[] | null, options?: ChatOptions): Promise<Reply>;\n"
        "  /** Sends a chat completion and gives the answer in pieces. */\n"
        "  stream(messages: string | Message[] | null, options?: ChatOptions): Stream;\n"
        "  /** Tells which models a chat with the same arguments would try, and why. */\n"
        "  select(messages: string | Message[] | null, options?: ChatOptions)"
        ": Promise<Selection>;\n"
        "  /** Gives the notices of what happens to the calls of this or of every client. */\n"
        "  watch(options?: { of?: WatchOf }): Watch;\n"
        "  /** Runs an operation by its name in operations.md. */\n"
        "  run(op: string, args?: object, options?: RunOptions): Promise<any>;\n"
        + "".join(maker.method(one) for one in operations)
        + "  /** Cancels the running calls, books them and ends the threads in 8 s at most. */\n"
        "  close(): Promise<void>;\n"
        "  [Symbol.dispose](): void;\n  [Symbol.asyncDispose](): Promise<void>;\n}\n"
    )
    options = maker.interface("Options", tables.options, True)
    return MADE + HEAD + enums + maker.error() + told + given + options + arguments + chat + client


def _given_name(maker: Maker, name: str) -> str:
    return f"{name}Given" if name in maker.both else name


def operations(tables: Tables) -> str:
    names = [one.name for one in tables.operations]
    pages = {one.name: page.name for one in tables.operations if (page := page_of(tables, one))}
    return (
        MADE
        + "'use strict';\n\nexports.operations = "
        + _literal(names)
        + ";\n// Those that give pages, and the list of a page.\nexports.pages = "
        + _literal(pages)
        + ";\n"
    )


def _literal(value: object) -> str:
    return json.dumps(value, indent=2).replace('"', "'")
