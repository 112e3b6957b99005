"""How the object store of the models is reached."""

import datetime
import pathlib
import urllib.parse

TIMEOUT = datetime.timedelta(seconds=10)


def config(settings):
    """What obstore takes to find the bucket, and to be let in."""
    found = {
        "endpoint": endpoint(settings),
        "region": settings.region,
        "virtual_hosted_style_request": not settings.path_style,
    }
    if settings.access_key:
        found |= {"access_key_id": settings.access_key, "secret_access_key": settings.secret_key}
    else:
        found["skip_signature"] = True
    return found


def endpoint(settings):
    """The address of the store; with the bucket in front of the host, if it is asked for there."""
    if settings.path_style:
        return settings.endpoint
    parts = urllib.parse.urlsplit(settings.endpoint)
    return parts._replace(netloc=f"{settings.bucket}.{parts.netloc}").geturl()


def client_options(settings):
    """What its HTTP client takes."""
    options = {
        "allow_http": settings.endpoint.startswith("http://"),
        "connect_timeout": datetime.timedelta(seconds=3),
        "timeout": TIMEOUT,
    }
    if settings.ca_file:
        # obstore takes certificates along with a proxy alone, and trusts them for every server then. No
        # request goes to this one, as each host is excluded from it.
        options |= {
            "proxy_ca_certificate": pathlib.Path(settings.ca_file).read_text(),
            "proxy_url": "http://127.0.0.1:9",
            "proxy_excludes": "*",
        }
    return options
