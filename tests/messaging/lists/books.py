"""XLSX files as spreadsheets write them, put together by hand so that each oddity can be named."""

import io
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


def book(sheet: str, *, strings: str = "", styles: str = "", workbook: str = "", **more: bytes) -> bytes:
    """A workbook with a hidden sheet before the one that counts; `more` are further entries of the archive."""
    sheets = '<sheet name="Notes" sheetId="1" state="hidden" r:id="r1"/><sheet name="People" sheetId="2" r:id="r2"/>'
    targets = {"r1": "worksheets/sheet1.xml", "r2": "/xl/worksheets/sheet2.xml"}
    relations = "".join(f'<Relationship Id="{name}" Target="{target}"/>' for name, target in targets.items())
    namespaces = f'xmlns="{MAIN}" xmlns:r="{RELATIONS}"'
    parts = {
        "xl/workbook.xml": f"<workbook {namespaces}>{workbook}<sheets>{sheets}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELS}">{relations}</Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData/></worksheet>',
        "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{MAIN}"><cols/><sheetData>{sheet}</sheetData></worksheet>',
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{strings}</sst>'
    if styles:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>'
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, data in more.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def row(*cells: str) -> str:
    """A row of texts that stand in the cells themselves."""
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in cells) + "</row>"


def cell(at: str, value: str, kind: str = "n", style: int = 0) -> str:
    return f"<c r={quoteattr(at)} t={quoteattr(kind)} s='{style}'><v>{escape(value)}</v></c>"
