# Made by `./run generate` from capi/tables/groups.py. Change that.
"""Classes of errors that are the base of the classes of several codes."""

DOCS = {
    "Timeout": "A time limit has passed, at the server, at its provider or here.",
}
GROUP_OF = {  # by code
    "request_timeout": "Timeout",
    "provider_timeout": "Timeout",
    "connect_timeout": "Timeout",
    "first_byte_timeout": "Timeout",
    "idle_timeout": "Timeout",
    "content_timeout": "Timeout",
    "deadline": "Timeout",
}
