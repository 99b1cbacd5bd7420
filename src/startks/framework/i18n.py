"""Languages: English message ids, Russian complete and default, English second.

Templates say ``i18n:domain="startks"`` and ``i18n:translate``, Python says ``_("Sign in")``. The catalogues lie in
``startks/locale/<language>/LC_MESSAGES/startks.po``:

    python -m startks.framework.i18n extract    # take new messages over into the .po files
    python -m startks.framework.i18n compile    # .po → .mo; the set-up calls it
    python -m startks.framework.i18n check      # exit code 1 where a message is untranslated or fuzzy
"""

from __future__ import annotations

from pyramid.i18n import TranslationStringFactory

DOMAIN = "startks"
_ = TranslationStringFactory(DOMAIN)

LANGUAGES = {"ru": "Русский", "en": "English"}
DEFAULT = "ru"
COOKIE = "lang"


def includeme(config) -> None:
    """Take the catalogues in and choose the language by cookie."""
    config.add_translation_dirs("startks:locale")
    config.set_locale_negotiator(negotiate)


def negotiate(request) -> str:
    """Return the reader's language: what he chose, else Russian."""
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else DEFAULT


def main(arguments: list[str] | None = None) -> int:
    """Run ``extract``, ``compile`` or ``check``; return the exit code."""
    from startks.framework import catalogues

    return catalogues.main(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
