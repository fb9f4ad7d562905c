import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.dates import parse_date, parse_stamp, seconds_utc
from uroot_py.base.errors import UsageError

UTC = datetime.UTC
CASES = [
    pytest.param("@0", 0, id="epoch"),
    pytest.param("@12.5", 12.5, id="fraction"),
    pytest.param("2020-09-13 12:26:40", 1_600_000_000, id="full"),
    pytest.param("2020-09-13T12:26:40Z", 1_600_000_000, id="iso"),
    pytest.param("2020-09-13 14:26:40+02:00", 1_600_000_000, id="zone"),
    pytest.param("2020-09-13 14:26:40 +0200", 1_600_000_000, id="zone-space"),
    pytest.param("2020-09-13 07:26:40-05", 1_600_000_000, id="zone-west"),
    pytest.param("2020-09-13 12:26:40.250 UTC", 1_600_000_000.25, id="fraction-utc"),
    pytest.param("2020-09-13", 1_599_955_200, id="day"),
]
BAD = ["tomorrowish", "2020-02-30", "2020-13-01", "25:00", "12:60", "2020-1", "@x", "1:2:3:4"]


@pytest.mark.parametrize(("text", "seconds"), CASES)
def test_parse_date(text, seconds):
    assert parse_date(text, utc=True) == seconds


@pytest.mark.parametrize("text", BAD)
def test_no_date(text):
    with pytest.raises(UsageError) as caught:
        parse_date(text, utc=True)
    assert str(caught.value) == (
        f"expected a date such as '2026-01-31 12:30', '12:30' or @0, found {text!r}"
    )


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2200, 1, 1)))
def test_same_as_the_standard_library(moment):
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(f"{whole:%Y-%m-%d %H:%M:%S}", utc=True) == whole.timestamp()
    assert parse_stamp(f"{whole:%Y%m%d%H%M.%S}", century_first=True, utc=True) == whole.timestamp()
    assert parse_stamp(f"{whole:%m%d%H%M%Y.%S}", century_first=False, utc=True) == whole.timestamp()


@given(st.text())
def test_only_usage_errors(text):
    try:
        parse_date(text)
    except UsageError:
        pass


def test_old_dates():
    assert seconds_utc(1969, 12, 31) == -86400
    assert seconds_utc(2000, 3, 1) - seconds_utc(2000, 2, 28) == 2 * 86400
