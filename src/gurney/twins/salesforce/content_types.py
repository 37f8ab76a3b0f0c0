"""File names: extensions, what the vendor calls them, and which may not be uploaded (FACTS 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gurney.twins.salesforce.refusals import Refused

if TYPE_CHECKING:
    from gurney.twins.salesforce.world import World

FILE_TYPES = {
    "bmp": "BMP", "csv": "CSV", "doc": "WORD", "docx": "WORD_X", "gif": "GIF", "heic": "HEIC", "htm": "HTML",
    "html": "HTML", "jpeg": "JPG", "jpg": "JPG", "json": "JSON", "mov": "MOV", "mp3": "MP3", "mp4": "MP4",
    "pdf": "PDF", "png": "PNG", "ppt": "POWER_POINT", "pptx": "POWER_POINT_X", "rtf": "RTF", "snote": "SNOTE",
    "svg": "SVG", "tif": "TIFF", "tiff": "TIFF", "txt": "TEXT", "wav": "WAV", "xls": "EXCEL", "xlsx": "EXCEL_X",
    "xml": "XML", "zip": "ZIP",
}  # fmt: skip
UNKNOWN = "UNKNOWN"
MARKUP = ("htm", "html", "htt", "htx", "mhtm", "mhtml", "shtm", "shtml", "svg", "xhtml")
"""What the organisation's switch against HTML uploads means."""


def split_name(path: str) -> tuple[str, str]:
    """`C:\\x\\y.PDF` as ("y", "pdf")."""
    name = path.replace("\\", "/").rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    return (stem, end.lower()) if dot and stem else (name, "")


def check_extension(world: World, extension: str) -> None:
    """Raises Refused for what the organisation does not take."""
    if extension in MARKUP and world.switches["html_uploads"] == "refuse":
        words = "HTML files cannot be uploaded in this organization"
        raise Refused("HTML_FILE_UPLOAD_NOT_ALLOWED", words, ["PathOnClient"])
    blocked = {each.strip().lower() for each in world.switches["blocked_extensions"].split(",")}
    if extension and extension in blocked:
        words = f"Your company doesn't support the following file types: .{extension}"
        raise Refused("FILE_EXTENSION_NOT_ALLOWED", words, ["PathOnClient"])
