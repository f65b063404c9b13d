"""Files are found, checked, downloaded, or asked for by name."""

import hashlib
import re
import sys
from pathlib import Path

import pytest
from pooch import retrieve

from sksequence.datasets import _fetch, fetch_promoters, get_data_home
from sksequence.datasets._fetch import RemoteFile, fetch_files, read_registry

CONTENT = b"acgt\n"


def register(monkeypatch: pytest.MonkeyPatch, *, url: str | None, name: str = "a/b.txt") -> None:
    """Replace the registry by one data set of one small file."""
    digest = hashlib.sha256(CONTENT).hexdigest()
    file = RemoteFile("tiny", name, len(CONTENT), digest, url)
    monkeypatch.setattr(_fetch, "read_registry", lambda: {"tiny": (file,)})


def put(folder: Path, content: bytes = CONTENT) -> Path:
    path = folder / "tiny" / "a" / "b.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def fetch_tiny(**options) -> dict[str, Path]:
    return fetch_files("tiny", **{"data_home": None, "download_if_missing": True, **options})


class Server:
    """Stands in for the network: writes `content` as pooch's own downloaders do."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.error: Exception | None = None
        self.asked: list[str] = []

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        self.asked.append(url)
        Path(output_file).write_bytes(self.content)
        if self.error is not None:
            raise self.error


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, no_network: None) -> Server:
    server = Server()
    register(monkeypatch, url="https://example.org/b.txt")
    monkeypatch.setattr("pooch.retrieve", retrieve)
    monkeypatch.setattr("pooch.core.choose_downloader", lambda url, progressbar: server)
    return server


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# The registry


def test_registry_is_complete_and_pinned():
    assert {"movie_reviews", "promoters", "hong_kong_rainfall", "sp500"} <= set(read_registry())
    assert {"multi30k", "flickr8k_1000"} <= set(read_registry())
    for dataset, files in read_registry().items():
        assert files
        for file in files:
            assert file.dataset == dataset
            assert re.fullmatch("[0-9a-f]{64}", file.sha256)
            assert file.n_bytes > 0
            assert file.url is None or file.url.startswith("https://")
            assert ".." not in Path(file.name).parts


def test_every_registered_set_has_a_description():
    described = {path.stem for path in Path(_fetch.__file__).with_name("descr").glob("*.rst")}
    assert set(read_registry()) == described


# Where it looks


def test_data_home_is_named_by_the_argument_else_the_environment_else_the_user(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    assert get_data_home() == home
    monkeypatch.setenv("SKSEQUENCE_DATA", str(tmp_path / "named"))
    assert get_data_home() == tmp_path / "named"
    assert get_data_home(tmp_path / "given") == tmp_path / "given"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert get_data_home("~/mine") == tmp_path / "mine"


def test_environment_folder_is_searched_before_the_users_own(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    register(monkeypatch, url=None)
    own = put(home)
    monkeypatch.setenv("SKSEQUENCE_DATA", str(tmp_path / "named"))
    assert fetch_tiny() == {"a/b.txt": own}
    named = put(tmp_path / "named")
    assert fetch_tiny() == {"a/b.txt": named}


def test_a_given_data_home_is_the_only_one(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    register(monkeypatch, url=None)
    put(home)
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "given" / "tiny" / "a" / "b.txt"))):
        fetch_tiny(data_home=tmp_path / "given")


# What is there


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("https://example.org/b.txt", "Delete it and call again: it is then downloaded anew."),
        (None, "Delete it and put the right one there."),
    ],
)
def test_corrupted_file_names_itself_both_hashes_and_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, remedy: str
):
    register(monkeypatch, url=url)
    path = put(home, b"acg")
    with pytest.raises(OSError, match="corrupted") as caught:
        fetch_tiny()
    message = str(caught.value)
    assert str(path) in message
    assert f"5 bytes, SHA-256 {hashlib.sha256(CONTENT).hexdigest()}" in message
    assert f"3 bytes, SHA-256 {hashlib.sha256(b'acg').hexdigest()}" in message
    assert message.endswith(remedy)
    assert path.read_bytes() == b"acg"


# What is missing


def test_missing_file_that_may_not_be_downloaded_says_what_to_put_where(home: Path):
    (file,) = read_registry()["promoters"]
    with pytest.raises(OSError, match="download_if_missing=False") as caught:
        fetch_promoters(download_if_missing=False)
    message = str(caught.value)
    for needed in ["promoters/promoters.data", "7,089 bytes", file.url, file.sha256]:
        assert needed in message
    assert str(home / "promoters" / "promoters.data") in message
    assert "SKSEQUENCE_DATA" in message


def test_without_a_network_the_error_says_what_to_put_where(home: Path):
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        fetch_promoters()
    message = str(caught.value)
    assert "reason: network is unreachable" in message
    assert str(home / "promoters" / "promoters.data") in message
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_file_without_an_address_is_never_downloaded(home: Path, monkeypatch: pytest.MonkeyPatch):
    register(monkeypatch, url=None)
    with pytest.raises(OSError, match="has no public address") as caught:
        fetch_tiny()
    assert "None" not in str(caught.value)
    assert str(home / "tiny" / "a" / "b.txt") in str(caught.value)


def test_missing_pooch_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=re.escape('pip install "sksequence[data]"')):
        fetch_promoters()


# What is downloaded


def test_download_is_kept_and_not_repeated(server: Server, tmp_path: Path):
    paths = fetch_tiny(data_home=tmp_path)
    assert paths == {"a/b.txt": tmp_path / "tiny" / "a" / "b.txt"}
    assert paths["a/b.txt"].read_bytes() == CONTENT
    assert fetch_tiny(data_home=tmp_path) == paths
    assert server.asked == ["https://example.org/b.txt"]


def test_download_goes_to_the_folder_of_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SKSEQUENCE_DATA", str(tmp_path / "named"))
    fetch_tiny()
    assert files_below(tmp_path) == [tmp_path / "named" / "tiny" / "a" / "b.txt"]


def test_wrong_download_leaves_nothing_behind(server: Server, tmp_path: Path):
    server.content = b"<html>moved</html>"
    with pytest.raises(OSError, match="does not match the known hash") as caught:
        fetch_tiny(data_home=tmp_path)
    for content in [CONTENT, server.content]:
        assert hashlib.sha256(content).hexdigest() in str(caught.value)
    assert not files_below(tmp_path)


def test_broken_download_leaves_nothing_behind(server: Server, tmp_path: Path):
    server.content, server.error = CONTENT[:2], ConnectionResetError("connection reset by peer")
    with pytest.raises(OSError, match="reason: connection reset by peer"):
        fetch_tiny(data_home=tmp_path)
    assert server.asked
    assert not files_below(tmp_path)


def test_folder_that_cannot_be_made_is_an_error_that_names_the_file(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError, match=re.escape("tiny/a/b.txt")):
        fetch_tiny(data_home=tmp_path / "file")
    assert not server.asked
