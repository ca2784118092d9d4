"""The maker of the shipped model: tokenizer, base (pre-trained), instruct (multi-task instruction tuning).

`python -m makers.pocket make --budget full` makes both folders of data/pocket-t5 again (with `--from FOLDER` it begins
at a base that is there), `evaluate` scores them, `phenomena` measures what the labs show, and `card` writes their
cards. labutils imports nothing of this package: the course only reads what it leaves in data/pocket-t5 and
data/trainings. What was tried and measured stands in LOG.md beside this file.
"""
