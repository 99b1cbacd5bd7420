"""СТАРТ КС: electronic personal accounts of housing and utilities."""

import warnings

# Pyramid 2.1 and Deform import it; setuptools is pinned below the version without it, so there is nothing to tell.
# Here, for a spawned worker process imports no command first.
warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)


def main(global_config, **settings):
    """Paste factory: return the WSGI application of an ini file's ``[app:main]``."""
    import gc

    from startks.app import configure  # what only asks for the package's place need not build the house

    application = configure(settings).make_wsgi_app()
    # The house stands as long as the process: the collector of cycles need not walk through it again and again.
    gc.collect()
    gc.freeze()
    return application
