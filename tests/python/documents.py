"""Opens exported documents with the programs of others, which say whether they accept them.

Arguments: OSCAL assessment results, a workbook, a draft as a Word document, the tables of the
workbook as one. Prints `documents: ok`.
"""

import datetime
import decimal
import json
import pathlib
import subprocess
import sys
import tempfile

import docx
import openpyxl
from docx.oxml.ns import qn
from trestle.oscal.assessment_results import AssessmentResults


def check_oscal(path: pathlib.Path) -> None:
    results = AssessmentResults.oscal_read(path)
    assert results is not None, "compliance-trestle cannot read the document"
    (result,) = results.results
    selections = result.reviewed_controls.control_selections
    controls = {control.control_id for one in selections for control in one.include_controls}
    targets = [finding.target.target_id for finding in result.findings]
    assert sorted(targets) == sorted(controls), "every control reviewed has one finding"
    observed = {observation.uuid for observation in result.observations}
    for finding in result.findings:
        for related in finding.related_observations or []:
            assert related.observation_uuid in observed, finding.title
    trestle = pathlib.Path(sys.executable).with_name("trestle")
    with tempfile.TemporaryDirectory() as workspace:
        for args in (
            ["init"],
            ["import", "-f", str(path.resolve()), "-o", "ledger"],
            ["validate", "-t", "assessment-results", "-n", "ledger"],
        ):
            ran = subprocess.run(
                [trestle, *args], cwd=workspace, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"trestle {args}: {ran.stdout}{ran.stderr}"


def check_workbook(path: pathlib.Path) -> None:
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["责任矩阵", "评分表", "得分", "事件台账", "依据"], book.sheetnames
    matrix = book["责任矩阵"]
    assert matrix.freeze_panes == "A2", matrix.freeze_panes
    headings = [cell.value for cell in matrix[1]]
    dates = [row[headings.index("截止日期")] for row in matrix.iter_rows(2, values_only=True)]
    typed = [date for date in dates if date is not None]
    assert typed and all(isinstance(date, datetime.datetime) for date in typed), typed
    foot = {row[0]: row[1] for row in book["依据"].iter_rows(values_only=True)}
    assert len(foot["树根"]) == 64, foot


def check_draft(path: pathlib.Path) -> None:
    draft = docx.Document(path)
    texts = [paragraph.text for paragraph in draft.paragraphs]
    headings = [one.text for one in draft.paragraphs if one.style.name.lower() == "heading 1"]
    assert "三、落实第一责任人职责情况" in headings, headings
    assert any("［待补充：" in text for text in texts), "nothing is missing in the demo's draft?"
    (table,) = draft.tables
    assert [cell.text for cell in table.rows[0].cells] == [
        "注",
        "内容",
        "数据",
        "台账序号",
        "来源编号",
    ]
    assert len(table.rows) > 50, len(table.rows)
    assert round(draft.sections[0].page_width.mm) == 210


def is_same(printed: str, typed: object) -> bool:
    """Whether a cell of a document says what the typed cell of the workbook says."""
    if typed is None:
        return printed == ""
    if isinstance(typed, datetime.datetime):
        return printed == typed.date().isoformat()
    if isinstance(typed, (int, float)):
        return decimal.Decimal(printed) == decimal.Decimal(str(typed))
    return printed == typed


def check_tables(path: pathlib.Path, workbook: pathlib.Path) -> None:
    document = docx.Document(path)
    headings = [one.text for one in document.paragraphs if one.style.name.lower() == "heading 1"]
    book = openpyxl.load_workbook(workbook)
    assert headings == book.sheetnames, headings
    assert len(document.tables) == len(headings), len(document.tables)
    for name, table in zip(headings, document.tables):
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        marks = table.rows[0]._tr.trPr.findall(qn("w:tblHeader"))
        assert len(marks) == 1, f"{name}: the head is not repeated on every page"
        expected = list(book[name].iter_rows(values_only=True))
        if name == "依据":
            assert head == ["项目", "内容"], head
        else:
            assert head == list(expected.pop(0)), head
        assert expected and len(rows) == len(expected), f"{name}: {len(rows)} rows"
        for row, typed in zip(rows, expected):
            assert len(row) == len(typed), f"{name}: {row}"
            for printed, value in zip(row, typed):
                assert is_same(printed, value), f"{name}: {printed!r} is not {value!r}"
    assert round(document.sections[0].page_width.mm) == 420


def main() -> None:
    oscal, workbook, draft, tables = (pathlib.Path(argument) for argument in sys.argv[1:])
    json.loads(oscal.read_text(encoding="utf-8"))
    check_oscal(oscal)
    check_workbook(workbook)
    check_draft(draft)
    check_tables(tables, workbook)
    print("documents: ok")


if __name__ == "__main__":
    main()
