"""Wallet passes (.pkpass): a ZIP archive whose every file is listed, hashed and of a few harmless kinds."""

import hashlib
import io
import json
import re
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from media.inspection.images import MAX_PIXELS
from media.inspection.sniffing import unsupported
from media.inspection.verdicts import MEGABYTE, Finding, Inspection, Refused, corrupt
from media.words import Word
from media.words import gettext_noop as _

MAX_FILES = 200
MAX_UNPACKED = 20 * MEGABYTE
_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,20}\.lproj/)?[A-Za-z0-9@._-]{1,80}")
_SUFFIXES = {".json", ".png", ".strings"}
_STYLES = {"boardingPass", "coupon", "eventTicket", "generic", "storeCard"}
_REQUIRED = ("description", "organizationName", "passTypeIdentifier", "serialNumber", "teamIdentifier")
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


def read(data: bytes, mime_type: str) -> Inspection:
    """Unpack within limits, check every hash, and pack the listed files anew. Raises Refused."""
    files = _unpacked(data)
    listed = _json(files, "manifest.json")
    if not isinstance(listed, dict) or "signature" not in files:
        raise _invalid(_("It is not signed."), "manifest.json and signature", ", ".join(sorted(files))[:200])
    _check_listed(files, listed)
    facts = _json(files, "pass.json")
    _check_facts(facts)
    for name, content in files.items():
        if name.endswith(".png"):
            _check_picture(content)
    return Inspection("passbook", mime_type, "pkpass", _packed(files), findings=tuple(_findings(facts)))


def _unpacked(data: bytes) -> dict[str, bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN_ZIP:
        raise (corrupt(_("pass")) if b"pass.json" in data else _other_zip()) from None
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    names = [entry.filename for entry in entries]
    if "pass.json" not in names:
        raise _other_zip()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_FILES or unpacked > MAX_UNPACKED:
        raise Refused(
            "media_too_complex",
            _("The pass unpacks to {files} files of {size} KB in all."),
            {"files": len(entries), "size": -(-unpacked // 1000)},
            limit=f"{MAX_FILES} files, {MAX_UNPACKED:,} bytes",
            actual=f"{len(entries)} files, {unpacked:,} bytes",
            fix=_("Build the pass with fewer and smaller pictures."),
        )
    for name in names:
        if not _NAME.fullmatch(name) or (name != "signature" and PurePosixPath(name).suffix not in _SUFFIXES):
            raise _invalid(_("It holds a file that no pass has."), "pictures, texts and pass.json", name[:80])
    if len(set(names)) < len(names):
        raise _invalid(_("It holds two files of one name."), 1, 2)
    try:
        return {entry.filename: _content(archive, entry) for entry in entries}
    except _BROKEN_ZIP:
        raise corrupt(_("pass")) from None


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # The directory may lie about sizes: no more than it says is read, and then the checksum does not fit.
    with archive.open(entry) as file:
        return file.read(entry.file_size + 1)


def _json(files: dict[str, bytes], name: str) -> Any:
    try:
        return json.loads(files.get(name, b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _invalid(_("A list in it cannot be read."), f"JSON in {name}", "something else") from None


def _check_listed(files: dict[str, bytes], listed: dict[str, Any]) -> None:
    for name in sorted((files.keys() | listed.keys()) - {"manifest.json", "signature"}):
        # Passes are defined to list SHA-1; that decides nothing here but whether phones will open it.
        if name not in files or listed.get(name) != hashlib.sha1(files[name], usedforsecurity=False).hexdigest():
            raise _invalid(_("A file in it is not the one that was signed."), "as in manifest.json", str(name)[:80])


def _check_facts(facts: Any) -> None:
    if not isinstance(facts, dict) or facts.get("formatVersion") != 1:
        raise _invalid(
            _("Its version is not known."), 1, facts.get("formatVersion") if isinstance(facts, dict) else None
        )
    missing = [name for name in _REQUIRED if not isinstance(facts.get(name), str) or not facts[name].strip()]
    if missing or len(_STYLES & facts.keys()) != 1:
        raise _invalid(_("Its pass.json is not complete."), "all required fields and one style", ", ".join(missing))
    for name in ("webServiceURL", "appLaunchURL"):
        if _scheme(facts.get(name, "https:")) != "https" and name == "webServiceURL":
            raise _invalid(_("It asks for news over an unprotected line."), "https", _scheme(facts[name]))
        if _scheme(facts.get(name, "https:")) in ("javascript", "data", "file"):
            raise _invalid(_("It opens something that is no web address."), "https", _scheme(facts[name]))


def _scheme(url: object) -> str:
    try:
        return urlsplit(str(url)).scheme
    except ValueError:
        return ""


def _check_picture(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _invalid(_("A picture in it is too large."), MAX_PIXELS, image.width * image.height)
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise _invalid(_("A picture in it cannot be read."), "PNG", "something else") from None


def _packed(files: dict[str, bytes]) -> bytes:
    """The same files in an archive of our own: no comments, no dates, nothing before, between or behind them."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _findings(facts: dict[str, Any]) -> list[Finding]:
    if "webServiceURL" not in facts:
        return []
    host = str(urlsplit(facts["webServiceURL"]).hostname or "")[:80]
    return [
        Finding(
            "pass_remote_service",
            _("A phone that keeps this pass reports to {host} and asks it for news."),
            {"host": host},
        )
    ]


def _other_zip() -> Refused:
    return unsupported(_("a ZIP archive"), _("Take the picture or film out of it and upload that."))


def _invalid(what: str, limit: object, actual: object) -> Refused:
    return Refused(
        "pass_invalid",
        _("Phones will not open this pass. {what}"),
        {"what": Word(what)},
        limit=limit,
        actual=actual,
        fix=_("Build and sign the pass again with the tool it was made with."),
    )
