"""The bench of receipts gives what its command promises."""

from startks.scripts.bench_receipts import bench_receipts


def test_the_object_of_the_bench():
    result = bench_receipts(30)
    assert result["receipts_per_s_core"] > 0
    assert 0 < result["floor_s"] < result["total_s"]
    assert result["peak_mb"] > 0
    assert result["stages"]["codes_s"] + result["stages"]["pages_s"] <= result["total_s"] * 1.01
    assert (result["sizes"]["receipts"], result["sizes"]["houses"]) == (30, 1)


def test_the_last_house_may_be_smaller():
    assert bench_receipts(105)["sizes"]["houses"] == 2
