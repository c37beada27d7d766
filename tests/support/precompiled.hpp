// What nearly every test includes. Each file still includes what it uses.
#pragma once

#include "support/catch.hpp"
#include "wayfare/client.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>
