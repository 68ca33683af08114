"""Fills a template with openpyxl, a spreadsheet library that is not ours.

Arguments: template, workbook to write, JSON {sheet: [{field path: value}]}. A value "date:2022-05-18"
becomes a date cell, "percent:0.95" a number shown as a percentage; a path that the template has no
column for is added. Prints {sheet: {field path: [words of its drop-down]}}.
"""

import datetime
import json
import re
import sys

import openpyxl
from openpyxl.utils import get_column_letter

template, out, rows = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
book = openpyxl.load_workbook(template)


def words(formula):
    name, column, first, last = re.fullmatch(r"'(.+)'!\$([A-Z]+)\$(\d+):\$\2\$(\d+)", formula).groups()
    return [book[name][f"{column}{row}"].value for row in range(int(first), int(last) + 1)]


seen = {}
for name, events in rows.items():
    sheet = book[name]
    columns = {cell.value: cell.column for cell in sheet[2]}
    paths = {get_column_letter(column): path for path, column in columns.items()}
    lists = [v for v in sheet.data_validations.dataValidation if v.type == "list"]
    seen[name] = {
        paths[re.match("[A-Z]+", str(v.sqref))[0]]: words(v.formula1) for v in lists
    }
    for row, event in enumerate(events, start=3):
        for path, value in event.items():
            if path not in columns:
                columns[path] = max(columns.values()) + 1
                sheet.cell(2, columns[path], path)
            cell = sheet.cell(row, columns[path])
            if isinstance(value, str) and value.startswith("date:"):
                cell.value = datetime.date.fromisoformat(value[5:])
                cell.number_format = "yyyy-mm-dd"
            elif isinstance(value, str) and value.startswith("percent:"):
                cell.value = float(value[8:])
                cell.number_format = "0%"
            else:
                cell.value = value
book.save(out)
print(json.dumps(seen))
