"""The scripts that make the packages, as far as that takes no time: `./run packages` does more."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import c_library
import elf
import looks
import node_packages
import parts
import pytest
import sbom
import sdist
import sizes
import target
from interpreters import Interpreter, probe
from steps import Failed
from wheel_file import WheelFile

ROOT = Path(__file__).resolve().parents[2]
PARTS = parts.read()


# ---- The page of the parts.


def test_each_part_has_a_version_a_checksum_and_a_package() -> None:
    assert {"curl", "tls", "sqlite", "nghttp2", "zlib"} <= set(PARTS)
    for part in PARTS.values():
        assert re.fullmatch(r"\d+(\.\d+)+", part.version), part
        assert re.fullmatch(r"[0-9a-f]{64}", part.sha256), part
        assert part.kind in parts.KINDS and part.package and part.license, part
    # Where the version of a package names that of the part, both agree.
    for part in PARTS.values():
        named = part.package_version.partition("+")[2]
        assert not named or named.endswith(part.version), part


def test_sources_of_another_version_are_refused(tmp_path: Path) -> None:
    part = replace(PARTS["zlib"], version="1.3.2")
    (tmp_path / "zlib.h").write_text('#define ZLIB_VERSION "1.3.2"\n')
    part.check(tmp_path)
    with pytest.raises(ValueError, match=r"zlib has the version 1\.3\.3, its sources say 1\.3\.2"):
        replace(part, version="1.3.3").check(tmp_path)
    (tmp_path / "zlib.h").write_text("nothing\n")
    with pytest.raises(ValueError, match="its sources say none"):
        part.check(tmp_path)


def test_the_bill_of_materials_tells_every_part() -> None:
    bill = json.loads(sbom.text(PARTS.values()))
    assert {one["name"]: one["version"] for one in bill["components"]} == {
        part.title: part.version for part in PARTS.values()
    }
    assert bill["dependencies"] == [{"ref": "wayfare", "dependsOn": list(PARTS)}]
    assert bill["metadata"]["component"]["version"] == sbom.version()
    assert bill["metadata"]["component"]["properties"] == []

    bill = json.loads(sbom.text(PARTS.values(), {"wayfare": 7, "curl": 5, "linker": 3}))
    size = [{"name": "wayfare:bytes", "value": "7"}]
    assert bill["metadata"]["component"]["properties"] == size
    sized = [one["name"] for one in bill["components"] if "wayfare:bytes" in str(one)]
    assert sized == ["libcurl"]


MAP = """\
             VMA              LMA     Size Align Out     In      Symbol
             270              270      100     8 .dynsym
             270              270      100     8         <internal>:(.dynsym)
          18c480           18c480      209    64 .text
          18c480           18c480       10    16         a/lib/libcurl.a(url.c.o):(.text.one)
          18c480           18c480       10     1                 one
          18c490           18c490       20    16         a/lib/libssl.a(s3.o):(.text)
          18c4b0           18c4b0        f    16         a/lib/libcrypto.a(aes.o):(.text)
          18c4c0           18c4c0       30    16         libwayfare_core.a(one.o):(.text)
          18c4f0           18c4f0        1    16         CMakeFiles/x.dir/capi.cpp.o:(.text)
          18c500           18c500       40    16         z/o/3b/libc++.a(z/o/da/locale.o):(.text)
          18c540           18c540        2    16         z/o/3b/crti.o:(.init)
          5db780           5db780     6b70   128 .bss
          5db780           5db780     6b70   128         a/lib/libz.a(zlib.o):(.bss.x)
"""


def test_the_size_of_each_part_is_read_from_the_map_of_the_linker() -> None:
    found = sizes.of_map(MAP)
    assert found == {"linker": 256, "curl": 16, "tls": 32 + 15, "wayfare": 49, "zig": 66}
    assert sizes.told(found).startswith("linker 256, libc++ and the like 66, wayfare 49, AWS-LC 47")
    with pytest.raises(KeyError, match="other"):
        sizes.of_map(MAP.replace("libcurl", "libother"))


# ---- Pythons.


def test_pythons_without_a_wheel_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "Python.h").touch()
    good = Interpreter("python", "CPython", (3, 12, 1), False, tmp_path, tmp_path)
    assert (good.refusal(), good.tag) == ("", "cp312")
    free = replace(good, version=(3, 13, 0), free_threaded=True)
    assert free.refusal().startswith("CPython 3.13.0, free-threaded: ")
    assert "PyPy 3.12.1: only CPython" in replace(good, kind="PyPy").refusal()
    assert "needs 3.9 or later" in replace(good, version=(3, 8, 18)).refusal()
    assert "headers are missing" in replace(good, include=tmp_path / "none").refusal()
    assert probe(str(tmp_path / "none")) is None
    own = probe(sys.executable)
    assert own and own.version == sys.version_info[:3]


# ---- Libraries and wheels.


def test_what_would_not_run_elsewhere_is_found(tmp_path: Path) -> None:
    file = tmp_path / "module.so"
    file.write_bytes(b"code")
    good = elf.Library(file, ["libc.so.6"], {"GLIBC": (2, 17)}, ["PyInit__wayfare"], [])
    faults = [
        elf.faults(one, "PyInit__wayfare", (2, 17))
        for one in (
            good,
            replace(good, needed=["libc.so.6", "libcurl.so.4"]),
            replace(good, floors={"GLIBC": (2, 18), "GLIBCXX": (3, 4)}),
            replace(good, exported=["PyInit__wayfare", "curl_easy_init"]),
            replace(good, exported=[]),
            replace(good, run_paths=["/opt"]),
        )
    ]
    assert elf.faults(good, "PyInit__wayfare", ()) == ["it needs glibc 2.17"]  # made for musl
    assert faults == [
        [],
        ["it loads libcurl.so.4"],
        ["it needs glibc 2.18", "it needs symbols of GLIBCXX"],
        ["it shows curl_easy_init"],
        ["it does not show PyInit__wayfare"],
        ["it has the run path /opt"],
    ]
    file.write_bytes(b"at " + str(ROOT).encode() + b"/core")
    assert elf.faults(good, "PyInit__wayfare", (2, 17)) == [
        "it names the folder in which it was built"
    ]


def test_an_archive_names_its_target(tmp_path: Path) -> None:
    for one in target.TARGETS:
        name = f"wayfare-{sbom.version()}-{one.name}.tar.gz"
        assert target.of_archive(tmp_path / name) == one
    with pytest.raises(KeyError, match="linux-riscv64"):
        target.of_archive(tmp_path / "wayfare-1.2.3-linux-riscv64.tar.gz")


def test_a_library_is_read(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text(
        "#include <string.h>\nsize_t shown(char *t) { return strlen(t); }\n"
    )
    file = tmp_path / "one.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-fno-builtin", "-o", file, tmp_path / "one.c"], check=True
    )
    read = elf.read(file)
    assert read.needed == ["libc.so.6"] and "shown" in read.exported
    assert read.floors["GLIBC"] >= (2, 2) and elf.faults(read, "shown", (2, 17)) == []


def test_a_wheel_is_written_again(tmp_path: Path) -> None:
    made = tmp_path / "one-1.0-cp311-cp311-linux_x86_64.whl"
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("one/module.so", b"\x7fELF")
        archive.writestr("one-1.0.dist-info/METADATA", "Name: one\n\nText: of the page\n")
        archive.writestr(
            "one-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-linux_x86_64\n\n"
        )
        archive.writestr("one-1.0.dist-info/RECORD", "")
    results = []
    for name in ("a", "b"):
        wheel = WheelFile(made)
        wheel.set_platform("manylinux_2_17_x86_64.manylinux2014_x86_64")
        wheel.add("sboms/one.json", b"{}")
        wheel.add_license("parts/other.txt", b"do as you like")
        (tmp_path / name).mkdir()
        results.append(wheel.write(tmp_path / name))
    assert results[0].read_bytes() == results[1].read_bytes()
    assert results[0].name.endswith("-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    files = WheelFile(results[0]).files
    assert b"Tag: cp311-cp311-manylinux2014_x86_64\n" in files["one-1.0.dist-info/WHEEL"]
    assert b"linux_x86_64\n\n" not in files["one-1.0.dist-info/WHEEL"]
    head, _, text = files["one-1.0.dist-info/METADATA"].partition(b"\n\n")
    assert head == b"Name: one\nLicense-File: parts/other.txt" and text == b"Text: of the page\n"
    assert files["one-1.0.dist-info/licenses/parts/other.txt"] == b"do as you like"
    record = files.pop("one-1.0.dist-info/RECORD").decode().split()
    assert record == [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text).digest()).decode()[:43]},"
        f"{len(text)}"
        for name, text in files.items()
    ] + ["one-1.0.dist-info/RECORD,,"]


def test_an_archive_of_equal_files_is_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "one/lib").mkdir(parents=True)
        (tmp_path / name / "one/lib/libone.so.0").write_text("code")
        (tmp_path / name / "one/lib/libone.so").symlink_to("libone.so.0")
    made = [c_library.archive(tmp_path / name / "one") for name in ("a", "b")]
    assert made[0] == made[1]
    (tmp_path / "one.tar.gz").write_bytes(made[0])
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["one", "one/lib", "one/lib/libone.so", "one/lib/libone.so.0"]
        assert tar.getmember("one/lib/libone.so").linkname == "libone.so.0"


def test_the_cost_of_the_import_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks.judge_import(20, 80, 17, 8.5) == (
        "import: 20 ms, 0.25 of asyncio's; 17 MB, 2.0 times bare Python"
    )
    for cost in ((60, 80, 17, 8.5), (20, 80, 30, 8.5)):
        with pytest.raises(Failed, match=r"at most 0\.5 and 2\.5$"):
            looks.judge_import(*cost)
    monkeypatch.setattr(looks, "IMPORT_TIME", 1000)  # a busy machine does not fail this test
    told = looks.import_cost(Path(sys.executable))
    assert re.fullmatch(r"import: \d+ ms, \d\.\d\d of asyncio's; \d+ MB, \d\.\d times .*", told)


def test_the_packages_for_node_have_a_bill_of_materials(tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("there is no npm")
    part, sources = PARTS["zlib"], tmp_path / "sources"
    for one in PARTS.values():
        if one.notice:
            (sources / one.name / one.notice).parent.mkdir(parents=True, exist_ok=True)
            (sources / one.name / one.notice).write_text(f"the licence of {one.title}")
    folders = {one.name: sources / one.name for one in PARTS.values()}
    more = node_packages.bills(tmp_path / "more", folders, {"wayfare": 7, part.name: 5})
    addon = tmp_path / "wayfare.node"
    addon.write_bytes(b"code")
    pack = ROOT / "capi/hosts/node/pack.py"
    subprocess.run([sys.executable, pack, addon, tmp_path, "musl", more], check=True)
    bills = []
    for name in ("wayfare", "wayfare-linux-x64-musl"):
        with tarfile.open(tmp_path / f"{name}-{sbom.version()}.tgz") as tar:
            page = tar.extractfile("package/wayfare.cdx.json")
            assert page
            bills.append([one["name"] for one in json.load(page)["components"]])
            names = tar.getnames()
    inside = [one for one in PARTS.values() if one.name != "pybind11"]
    assert bills == [[], [one.title for one in inside]]
    notices = {f"package/licenses/{one.title}.txt" for one in inside if one.notice}
    assert notices and notices <= set(names) and "package/wayfare.node" in names
    with pytest.raises(Failed, match="the bill of materials tells no size of"):
        looks.npm(tmp_path / f"wayfare-linux-x64-musl-{sbom.version()}.tgz")
    assert looks.npm(tmp_path / f"wayfare-{sbom.version()}.tgz").endswith("no library inside")


# ---- The sources.


def test_the_sdist_has_what_a_build_needs_and_is_small(tmp_path: Path) -> None:
    made = sdist.make(tmp_path)
    with tarfile.open(made) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    assert {
        "CMakeLists.txt",
        "core/needs.cmake",
        "pyproject.toml",
        "python/src/module.map",
    } <= names
    wanted = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("core/src/*/*.cpp")}
    assert wanted <= names
    assert not {name for name in names if name.startswith(("tests", "benchmarks", ".", "capi"))}
    assert made.stat().st_size < 700_000


def configure(folder: Path, *words: str, **more: str) -> str:
    done = subprocess.run(
        ["cmake", "-G", "Ninja", "-S", str(ROOT), "-B", str(folder), *words],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", **more},
    )
    assert done.returncode != 0
    return re.sub(r"\s+", " ", done.stderr)


@pytest.mark.parametrize("system", ["Darwin", "Windows"])
def test_other_systems_are_refused_at_once(system: str, tmp_path: Path) -> None:
    told = configure(tmp_path, f"-DCMAKE_SYSTEM_NAME={system}")
    assert f"wayfare works on Linux only, and this is {system}." in told


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    missing = [
        f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("CURL", "SQLite3", "RapidJSON")
    ]
    told = configure(tmp_path, *missing, CXX=str(tmp_path / "no-compiler"))
    assert (
        "missing to build wayfare: a C++ compiler, libcurl 7.87 or later, SQLite 3.39 or later, "
        "RapidJSON." in told
    )
    for line in (
        "Debian, Ubuntu: apt-get install g++ libcurl4-openssl-dev libsqlite3-dev rapidjson-dev",
        "Fedora: dnf install gcc-c++ libcurl-devel sqlite-devel rapidjson-devel",
        "Alpine: apk add g++ curl-dev sqlite-dev rapidjson-dev",
        "Arch: pacman -S gcc curl sqlite rapidjson",
    ):
        assert line in told
