"""Who may ask: names in `Host` against DNS rebinding, and pages of other sites (`Origin`). The rules of the
embedded API, which has no password either."""

import functools
import ipaddress
import re

from .errors import ApiError

HELP = (
    "ask by address (http://127.0.0.1:8000) or as localhost; the name of a Service or of a proxy goes into "
    "SERVING_ALLOWED_HOSTS"
)
HOST = re.compile(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:\[\]]+))(?::\d*)?")


def named(host):
    """The address or the lower-case name that a host speaks of; `None` for anything else."""
    found = HOST.fullmatch(host)
    if not found:
        return None
    try:
        if found["v6"] is not None:
            return ipaddress.IPv6Address(found["v6"])
        return ipaddress.IPv4Address(found["name"])
    except ValueError:
        return None if found["v6"] is not None else found["name"].rstrip(".").lower()


def is_local(name, allowed):
    """Whether it is this machine for sure, or a name that was allowed."""
    if isinstance(name, str):
        return name == "localhost" or name.endswith(".localhost") or name in allowed
    return name is not None and name.is_loopback


class Guard:
    """Remembers what it has said of the last hosts, which are few."""

    def __init__(self, allowed):
        self.allowed = allowed
        self.refusal = functools.lru_cache(maxsize=1_024)(self._refusal)

    def check(self, scope):
        """The error to answer with; `None` for who may ask."""
        hosts = origins = ()
        for name, value in scope["headers"]:
            if name == b"host":
                hosts += (value,)
            elif name == b"origin":
                origins += (value,)
        # Longer ones are none, and must not fill the memory.
        if any(len(value) > 512 for value in hosts + origins):
            hosts = (b"",)
        return self.refusal(hosts, origins, scope.get("http_version") == "1.0")

    def _refusal(self, hosts, origins, is_old):
        # Of several, which one counts is a matter of opinion: they are none.
        host = hosts[0].decode("latin-1") if len(hosts) == 1 else ""
        # A client of HTTP/1.0 need not name a host, as plain health checks do; no browser is one.
        is_unnamed = not hosts and is_old
        name = named(host)
        # An address cannot be made to lead elsewhere, as a name can.
        is_ours = name is not None and (not isinstance(name, str) or is_local(name, self.allowed))
        if not is_ours and not is_unnamed:
            return ApiError(421, f'the request is for "{host}", which is not this machine', HELP)
        if not origins:
            return None
        # A page without an origin of its own says "null".
        origin = origins[0].decode("latin-1") if len(origins) == 1 else ""
        _, _, page = origin.partition("://")
        if (page == host and is_ours) or is_local(named(page), self.allowed):
            return None
        return ApiError(403, f'the request comes from a page of "{origin}"', HELP)
