# What a build of wayfare needs. Whatever is missing is told in one message.

if(NOT CMAKE_SYSTEM_NAME STREQUAL "Linux")
  message(FATAL_ERROR "wayfare works on Linux only, and this is ${CMAKE_SYSTEM_NAME}. "
                      "It uses epoll, eventfd and the open-file-description locks of Linux.")
endif()

if(WAYFARE_PYTHON)
  set(debian " python3-dev")
  set(fedora " python3-devel")
  set(arch " python")
endif()
set(wayfare_install_hint "Install them:
  Debian, Ubuntu: apt-get install g++ libcurl4-openssl-dev libsqlite3-dev rapidjson-dev${debian}
  Fedora: dnf install gcc-c++ libcurl-devel sqlite-devel rapidjson-devel${fedora}
  Alpine: apk add g++ curl-dev sqlite-dev rapidjson-dev${debian}
  Arch: pacman -S gcc curl sqlite rapidjson${arch}")

include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
else() # the libraries are looked for all the same, where Debian has them
  set(CMAKE_LIBRARY_ARCHITECTURE ${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu)
endif()

# Adds what was found too old, or not at all, to the list `missing` of the caller.
macro(wayfare_need title found version)
  if(NOT ${found})
    if("${version}" STREQUAL "")
      list(APPEND missing "${title}")
    else()
      list(APPEND missing "${title} (${version} is too old)")
    endif()
  endif()
endmacro()

macro(wayfare_find_libraries)
  set(missing "")
  wayfare_need("a C++ compiler" CMAKE_CXX_COMPILER "")
  find_package(CURL 7.87 QUIET) # 7.87: CURLOPT_QUICK_EXIT
  wayfare_need("libcurl 7.87 or later" CURL_FOUND "${CURL_VERSION_STRING}")
  find_package(SQLite3 3.39 QUIET) # 3.37: STRICT tables, 3.39: HAVING without GROUP BY
  wayfare_need("SQLite 3.39 or later" SQLite3_FOUND "${SQLite3_VERSION}")
  find_package(RapidJSON QUIET)
  wayfare_need("RapidJSON" RapidJSON_FOUND "")
  if(WAYFARE_PYTHON)
    find_package(Python QUIET COMPONENTS Interpreter Development.Module)
    wayfare_need("the headers of Python" Python_Development.Module_FOUND "")
  endif()
  if(missing)
    list(JOIN missing ", " missing)
    message(FATAL_ERROR "These are missing to build wayfare: ${missing}.\n${wayfare_install_hint}")
  endif()
endmacro()
