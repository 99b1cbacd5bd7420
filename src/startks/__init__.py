"""СТАРТ КС: electronic personal accounts of housing and utilities."""


def main(global_config, **settings):
    """Paste factory: return the WSGI application of an ini file's ``[app:main]``."""
    from startks.app import configure  # what only asks for the package's place need not build the house

    return configure(settings).make_wsgi_app()
