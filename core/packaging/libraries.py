"""Builds the parts as static libraries for a target."""

from __future__ import annotations

import hashlib
import inspect
import shutil
from collections.abc import Mapping
from pathlib import Path

import target as targets
from parts import Part
from steps import JOBS, run, say
from target import Target

# What SQLite advises for programs that use none of the old ways, and what wayfare never calls.
SQLITE = [
    "-DSQLITE_THREADSAFE=1",
    "-DSQLITE_DQS=0",
    "-DSQLITE_DEFAULT_MEMSTATUS=0",
    "-DSQLITE_LIKE_DOESNT_MATCH_BLOBS",
    "-DSQLITE_OMIT_DEPRECATED",
    "-DSQLITE_OMIT_LOAD_EXTENSION",
    "-DSQLITE_OMIT_SHARED_CACHE",
    "-DSQLITE_USE_ALLOCA",
    "-DHAVE_FDATASYNC=1",
    "-DHAVE_USLEEP=1",
    "-DHAVE_LOCALTIME_R=1",
    "-DHAVE_GMTIME_R=1",
]

# For what is large and seldom busy. What encrypts is assembly.
SMALL = ("CMAKE_C_FLAGS_RELEASE=-Os -DNDEBUG", "CMAKE_CXX_FLAGS_RELEASE=-Os -DNDEBUG")


def objects(target: Target, name: str, sources: list[Path], *flags: str) -> None:
    """Compiles C files into lib<name>.a."""
    folder = target.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for source in sources:
        made.append(folder / f"{source.stem}.o")
        run(target.folder / "bin/cc", *flags, "-fPIC", "-c", source, "-o", made[-1])
    archive = target.prefix / f"lib/lib{name}.a"
    archive.parent.mkdir(parents=True, exist_ok=True)
    archive.unlink(missing_ok=True)
    run(target.folder / "bin/ar", "rcs", archive, *made)


def copy(target: Target, *headers: Path) -> None:
    include = target.prefix / "include"
    include.mkdir(parents=True, exist_ok=True)
    for header in headers:
        shutil.copy(header, include)


def cmake(target: Target, name: str, sources: Path, *defines: str, built: tuple[str, ...]) -> None:
    tree = target.folder / name
    shutil.rmtree(tree, ignore_errors=True)
    run(
        *("cmake", "-G", "Ninja", "-S", sources, "-B", tree),
        f"-DCMAKE_TOOLCHAIN_FILE={target.toolchain}",
        f"-DCMAKE_INSTALL_PREFIX={target.prefix}",
        "-DCMAKE_INSTALL_LIBDIR=lib",
        "-DCMAKE_POSITION_INDEPENDENT_CODE=ON",
        "-DBUILD_SHARED_LIBS=OFF",
        "-DBUILD_TESTING=OFF",
        *(f"-D{define}" for define in defines),
    )
    run("cmake", "--build", tree, "-j", JOBS, "--target", *built)


def build_zlib(target: Target, sources: Path) -> None:
    code = sorted(p for p in sources.glob("*.c") if not p.name.startswith("gz"))
    objects(target, "z", code, "-DHAVE_UNISTD_H")
    copy(target, sources / "zlib.h", sources / "zconf.h")


def build_sqlite(target: Target, sources: Path) -> None:
    objects(target, "sqlite3", [sources / "sqlite3.c"], *SQLITE)
    copy(target, sources / "sqlite3.h")


def build_nghttp2(target: Target, sources: Path) -> None:
    cmake(
        *(target, "nghttp2", sources),
        *("ENABLE_LIB_ONLY=ON", "ENABLE_DOC=OFF", "BUILD_STATIC_LIBS=ON"),
        built=("install",),
    )


def build_tls(target: Target, sources: Path) -> None:
    # Small: the tables of some curves are left out, which takes a little longer for a handshake.
    cmake(
        *(target, "tls", sources),
        *(*SMALL, "BUILD_TOOL=OFF", "DISABLE_GO=ON", "DISABLE_PERL=ON"),
        *("OPENSSL_SMALL=1", "MY_ASSEMBLER_IS_TOO_OLD_FOR_512AVX=1"),
        # Random numbers come from the kernel alone, as in other TLS libraries. The second source
        # costs a moment at the start of each process.
        "DISABLE_CPU_JITTER_ENTROPY=ON",
        built=("crypto", "ssl"),
    )
    for name in ("crypto", "ssl"):
        shutil.copy(target.folder / f"tls/{name}/lib{name}.a", target.prefix / "lib")
    shutil.copytree(sources / "include", target.prefix / "include", dirs_exist_ok=True)


def build_curl(target: Target, sources: Path) -> None:
    # The package leaves out the folder of the manual, which CMake wants to see.
    tree = target.folder / "curl-sources"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(sources, tree)
    (tree / "docs").mkdir(exist_ok=True)
    (tree / "docs/CMakeLists.txt").touch()
    # The package has the sources of a release as its repository has them: marked as unfinished.
    page = tree / "include/curl/curlver.h"
    page.write_text(page.read_text().replace("-DEV", ""))
    lib, include = target.prefix / "lib", target.prefix / "include"
    cmake(
        *(target, "curl", tree),
        *(*SMALL, "HTTP_ONLY=ON", "BUILD_CURL_EXE=OFF", "BUILD_EXAMPLES=OFF"),
        *("BUILD_STATIC_LIBS=ON", "BUILD_LIBCURL_DOCS=OFF"),
        *("BUILD_MISC_DOCS=OFF", "ENABLE_CURL_MANUAL=OFF", "CURL_USE_PKGCONFIG=OFF"),
        # Each system has its certificates in a place of its own: io/ca looks for it.
        *("CURL_USE_OPENSSL=ON", "CURL_CA_BUNDLE=none", "CURL_CA_PATH=none"),
        *("USE_NGHTTP2=ON", "CURL_ZLIB=ON", "CURL_BROTLI=OFF", "CURL_ZSTD=OFF"),
        *("CURL_USE_LIBPSL=OFF", "CURL_USE_LIBSSH2=OFF", "USE_LIBIDN2=OFF"),
        *("CURL_DISABLE_ALTSVC=ON", "CURL_DISABLE_HSTS=ON", "CURL_DISABLE_COOKIES=ON"),
        *("CURL_DISABLE_NETRC=ON", "CURL_DISABLE_DOH=ON", "CURL_DISABLE_AWS=ON"),
        *("CURL_DISABLE_NTLM=ON", "CURL_DISABLE_NEGOTIATE_AUTH=ON", "CURL_DISABLE_MIME=ON"),
        *("CURL_DISABLE_FORM_API=ON", "CURL_DISABLE_LIBCURL_OPTION=ON"),
        *("CURL_DISABLE_WEBSOCKETS=ON", "CURL_DISABLE_KERBEROS_AUTH=ON"),
        f"OPENSSL_ROOT_DIR={target.prefix}",
        f"OPENSSL_INCLUDE_DIR={include}",
        f"OPENSSL_CRYPTO_LIBRARY={lib}/libcrypto.a",
        f"OPENSSL_SSL_LIBRARY={lib}/libssl.a",
        f"ZLIB_INCLUDE_DIR={include}",
        f"ZLIB_LIBRARY={lib}/libz.a",
        f"NGHTTP2_INCLUDE_DIR={include}",
        f"NGHTTP2_LIBRARY={lib}/libnghttp2.a",
        built=("install",),
    )


# Each needs only those before it.
BUILDERS = {
    "zlib": build_zlib,
    "sqlite": build_sqlite,
    "nghttp2": build_nghttp2,
    "tls": build_tls,
    "curl": build_curl,
}


def build(target: Target, parts: Mapping[str, Part], sources: Mapping[str, Path]) -> None:
    """Builds each part, unless the same one is there from before."""
    common = f"{parts['zig']} {target} {targets.FLAGS} {targets.TOOLCHAIN} {SQLITE} {SMALL}"
    for name, builder in BUILDERS.items():
        recipe = "".join(f"{parts[name]} {common} {inspect.getsource(builder)}".split())
        wanted = hashlib.sha256(recipe.encode()).hexdigest()
        stamp = target.folder / f"{name}.stamp"
        if stamp.exists() and stamp.read_text() == wanted:
            continue
        say(f"building {parts[name].title} {parts[name].version} for {target.name}")
        stamp.unlink(missing_ok=True)
        builder(target, sources[name])
        stamp.write_text(wanted)


def archives(target: Target) -> list[Path]:
    """What the archive of the core is linked with. Each needs only those after it."""
    names = ("curl", "ssl", "crypto", "nghttp2", "z", "sqlite3")
    return [target.prefix / f"lib/lib{name}.a" for name in names]
