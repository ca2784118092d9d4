"""The JUnit file: what CI systems read in it, and what it is never written over."""

import subprocess
import sys
from xml.etree import ElementTree

import pytest

from labutils import junit
from labutils.errors import LabError

CASES = [
    junit.Case("lab 03", "ran", seconds=2.5),
    junit.Case("lab 03", "accuracy", junit.FAILURE, "it said \x1b[31m<b>&]]>\x00\ud800\nsecond line"),
    junit.Case("lab 04", "train_s", junit.SKIPPED, "it depends on the machine"),
]


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "new" / "labs.xml"
    junit.write(path, "labs verify", CASES)
    return ElementTree.parse(path).getroot()


def test_counts_are_those_of_the_cases(written):
    assert written.tag == "testsuites" and [suite.get("name") for suite in written] == ["lab 03", "lab 04"]
    for element in (written, *written):
        for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
            assert int(element.get(attribute)) == len(list(element.iter(tag))), (element.get("name"), attribute)
    assert written.get("errors") == "0" and float(written.get("time")) == 2.5


def test_what_xml_cannot_hold_is_written_out(written):
    [failure] = written.iter("failure")
    assert failure.text == "it said \\x1b[31m<b>&]]>\\x00\\ud800\nsecond line"
    assert failure.get("message") == "it said \\x1b[31m<b>&]]>\\x00\\ud800"


def test_elements_and_attributes_are_those_that_pytest_writes(written, tmp_path):
    """CI systems differ in what they take; all of them take pytest's."""
    test = tmp_path / "test_it.py"
    test.write_text("import pytest\ndef test_a(): assert 0\ndef test_b(): pytest.skip('x')\ndef test_c(): pass\n")
    call = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, "-c", "/dev/null",
            "--junitxml", tmp_path / "theirs.xml", test]  # fmt: skip
    subprocess.run(call, capture_output=True, check=False)
    theirs: dict[str, set[str]] = {}
    for element in ElementTree.parse(tmp_path / "theirs.xml").getroot().iter():
        theirs.setdefault(element.tag, set()).update(element.attrib)
    theirs["testsuites"] |= theirs["testsuite"] - {
        "hostname",
        "timestamp",
    }  # the usual schemata have the sums there, too
    for element in written.iter():
        assert set(element.attrib) <= theirs[element.tag], element.tag
    assert theirs["testcase"] == {"classname", "name", "time"}


def test_only_a_junit_file_is_written_over(tmp_path):
    mine = tmp_path / "mine.xml"
    mine.write_text("<notes/>")
    for path, code in ((mine, "junit"), (tmp_path, "junit"), (mine / "x.xml", "folder")):
        with pytest.raises(LabError) as caught:
            junit.write(path, "labs run", CASES)
        assert caught.value.code == code
    assert mine.read_text() == "<notes/>"
    junit.write(tmp_path / "labs.xml", "labs run", CASES)
    junit.write(tmp_path / "labs.xml", "labs run", CASES[:1])
    assert ElementTree.parse(tmp_path / "labs.xml").getroot().get("tests") == "1"
