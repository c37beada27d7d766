"""One call, and what it cost.

python chat.py [PROMPT]

The key comes from OPENROUTER_API_KEY, and the ledger is the one that WAYFARE_LEDGER names, or the
default one of the user.
"""

from __future__ import annotations

import sys

import wayfare


def main() -> int:
    prompt = sys.argv[1] if len(sys.argv) > 1 else "Say hello in five words."
    with wayfare.Client() as client:
        try:
            # max_tokens goes into the body of the request. route and charge_to are not sent.
            reply = client.chat(
                prompt,
                max_tokens=50,
                route={"models": ["openai/gpt-4o-mini", "anthropic/claude-3-haiku"]},
                charge_to={"app": "examples"},
            )
        except wayfare.Error as error:
            print(error, file=sys.stderr)  # the code, what happened, and what to do
            return 1

        print(reply.text)
        # A cost that is not known is None. It is not zero.
        cost = "unknown" if reply.cost is None else f"{reply.cost:f}"
        print(f"{reply.model}: {cost} USD, entry {reply.entry}")

        # The ledger has the call already, and every other process sees it there.
        for row in client.usage(by=["day", "model"]):
            print(f"{row.day} {row.model}: {row.calls} calls, {row.cost:f} USD")
    return 0


if __name__ == "__main__":
    sys.exit(main())
