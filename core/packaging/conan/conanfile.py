"""The recipe for Conan 2: the C++ archive and the C library, with the libraries of the system.

conan create core/packaging/conan --build=missing
"""

from __future__ import annotations

import re
from pathlib import Path

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy

# Where the recipe stands in the sources. Conan's copy of it stands beside a copy of the sources.
ROOT = Path(__file__).resolve().parents[3]


class Wayfare(ConanFile):
    name = "wayfare"
    description = "LLM calls routed, and every one of them booked"
    license = "Apache-2.0"
    settings = "os", "compiler", "build_type", "arch"

    def set_version(self) -> None:
        page = (ROOT / "CMakeLists.txt").read_text()
        found = re.search(r"project\(wayfare VERSION ([0-9.]+)", page)
        assert found
        self.version = found[1]

    def export_sources(self) -> None:
        for pattern in ("CMakeLists.txt", "LICENSE", "core/*", "capi/*"):
            copy(self, pattern, ROOT, self.export_sources_folder, excludes="core/packaging/*")

    def layout(self) -> None:
        cmake_layout(self)

    def generate(self) -> None:
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["WAYFARE_TESTS"] = False
        toolchain.cache_variables["WAYFARE_UNITY"] = True
        toolchain.generate()

    def build(self) -> None:
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self) -> None:
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, str(Path(self.package_folder) / "licenses"))

    def package_info(self) -> None:
        # The package has a wayfareConfig.cmake of its own, which also finds libcurl and SQLite.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs.append("lib/cmake/wayfare")
