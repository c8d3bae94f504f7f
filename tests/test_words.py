"""Every sentence that people see is there in every language, and a translation names what the sentence names."""

from io import StringIO

import pytest
from babel.messages.catalog import Catalog
from django.core.management import call_command

from mmsportal.words import catalogues
from mmsportal.words.collecting import Found, collect


def test_every_language_has_every_sentence():
    said = StringIO()
    try:
        call_command("words", check=True, stdout=said)
    except SystemExit:
        pytest.fail(said.getvalue())


def test_a_sentence_that_one_template_hands_to_another_is_collected():
    assert "This message waits until it is resumed." in {one.words for one in collect()}


@pytest.mark.parametrize(
    ("sentence", "translation", "fault"),
    [
        ("Shorten to {limit}", "Raccourcir à {limit}", ""),
        ("Shorten to {limit}", "Raccourcir", "other names"),
        ("Shorten to {limit}", "Raccourcir à {limite}", "other names"),
        ("Remove $(name)", "Retirer", "other names"),
        ("%(n)s files", "", "not translated"),
        (("%(n)s file", "%(n)s files"), ("Un fichier", "%(n)s fichiers"), ""),
        (("%(n)s file", "%(n)s files"), ("%(n)s fichier", "des fichiers"), "other names"),
        (("%(n)s file", "%(n)s files"), ("%(n)s fichier", ""), "not translated"),
    ],
)
def test_a_translation_is_there_and_names_what_its_sentence_names(sentence, translation, fault):
    catalogue = Catalog(locale="fr")
    catalogue.add(sentence, translation)

    faults = catalogues.lacking(catalogue)

    assert len(faults) == bool(fault)
    assert all(fault in one for one in faults)


def test_known_translations_are_kept_and_new_sentences_start_empty(monkeypatch):
    known = Catalog(locale="fr")
    known.add("Send", "Envoyer")
    known.add("Gone", "Disparu")
    monkeypatch.setattr(catalogues, "_read", lambda _language: known)

    after = catalogues.updated("fr", [Found("Send", "", "", "a.py:1"), Found("Stop", "", "", "b.py:2")])

    assert {str(one.id): one.string for one in after if one.id} == {"Send": "Envoyer", "Stop": None}
