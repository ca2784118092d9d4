"""Files of records: what is written is what is read."""

from makers.records import jsonl


def test_a_text_with_other_ends_of_lines_is_read_as_it_was_written(tmp_path):
    records = [{"text": "one\u2028two\u0085three\x0bfour\nfive"}, {"text": "six"}]
    jsonl.write(tmp_path / "rows.jsonl", records)
    assert jsonl.read(tmp_path / "rows.jsonl") == records
