"""A list of errors is never without a scope."""

import pytest

from startks.domain.ledger.office_queries import error_list


@pytest.mark.parametrize("given", [{}, {"scope": object(), "house_id": 1}])
def test_errors_are_asked_by_scope_or_by_house_never_by_both_or_none(given):
    with pytest.raises(TypeError, match="a scope or a house"):
        error_list(None, 202610, **given)
