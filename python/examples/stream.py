"""One streamed call: the answer while it comes.

python stream.py [PROMPT]
"""

from __future__ import annotations

import sys

import wayfare


def main() -> int:
    prompt = sys.argv[1] if len(sys.argv) > 1 else "Tell a short story."
    with wayfare.Client() as client:
        try:
            # Leaving this block early, by `break` or by an exception, cancels the call.
            with client.stream(prompt, route={"deadline": 60}) as stream:
                for event in stream:
                    if event.type == "text":
                        print(event.text, end="", flush=True)
            reply = stream.reply  # the whole answer, with what it cost
        except wayfare.Error as error:
            print(f"\n{error}", file=sys.stderr)
            if error.reply is not None:  # what had come before the call failed
                print(f"entry {error.reply.entry}", file=sys.stderr)
            return 1
    usage = reply.usage
    cost = "unknown" if reply.cost is None else f"{reply.cost:f}"
    print(f"\n{usage.prompt_tokens} + {usage.completion_tokens} tokens, {cost} USD")
    return 0


if __name__ == "__main__":
    sys.exit(main())
