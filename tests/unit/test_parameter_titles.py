"""Every parameter of the demonstration towns has a Russian title."""

import json
from importlib import resources

import pytest

from startks.domain.reference.parameter_titles import title_of

CODES = sorted({
    row["code"] for row in json.loads(resources.files("startks.demo").joinpath("data/parameters.json").read_text("utf-8"))["parameters"]
})


@pytest.mark.parametrize("code", CODES)
def test_no_code_is_left_for_a_reader(code):
    assert title_of(code) != code
    assert "_" not in title_of(code)


def test_a_foreign_parameter_keeps_its_code():
    assert title_of("partner.own") == "partner.own"
