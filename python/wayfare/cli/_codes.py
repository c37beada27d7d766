"""The exit codes."""

from __future__ import annotations

GOOD, FAILED, USAGE, NOT_FOUND, OVER_BUDGET, REFUSED, AGAIN, LEDGER, KEY, BLOCKED = range(10)
INTERRUPTED, READER_GONE = 130, 141

# The table that the help shows.
MEANINGS = {
    GOOD: "it is done",
    FAILED: "it failed in another way",
    USAGE: "the words of the command, or a value in them, cannot be used",
    NOT_FOUND: "the ledger, the model, the agent, the budget or the entry is not there",
    OVER_BUDGET: "a budget or --max-cost leaves too little, or no bound of the cost is known",
    REFUSED: "the server refused the request",
    AGAIN: "the server could not be reached or did not answer well; it may work later",
    LEDGER: "the ledger has a problem",
    KEY: "the API key is missing or cannot work",
    BLOCKED: "a block refuses the call",
    INTERRUPTED: "interrupted by Ctrl-C",
    READER_GONE: "the reader of the output has gone",
}

# The codes of errors that each exit code stands for. Every other code is FAILED.
_CODES = {
    USAGE: "usage invalid unsupported conflict",
    NOT_FOUND: "not_found no_model no_agent",
    OVER_BUDGET: "over_budget budget_exceeded max_cost no_bound clock",
    REFUSED: (
        "bad_request unauthorized payment_required forbidden request_too_large moderated "
        "context_exceeded"
    ),
    AGAIN: (
        "request_timeout rate_limited server_error provider_failed overloaded provider_timeout "
        "dns connect tls connect_timeout first_byte_timeout idle_timeout content_timeout deadline "
        "connection_lost stream_broken malformed too_large cooling_down over_rate served_otherwise"
    ),
    LEDGER: (
        "ledger_not_whole ledger_exists ledger_in_use ledger_unavailable ledger_foreign "
        "ledger_too_new ledger_too_old ledger_replaced not_booked"
    ),
    KEY: "key_missing key_malformed key_not_allowed",
    BLOCKED: "blocked",
    INTERRUPTED: "interrupted cancelled",
}


def exit_code(code: str) -> int:
    """Returns the exit code for the code of an error."""
    return next((number for number, codes in _CODES.items() if code in codes.split()), FAILED)


def table() -> str:
    """Returns the exit codes as lines for the help."""
    return "\n".join(f"  {number:<4} {meaning}" for number, meaning in MEANINGS.items())
