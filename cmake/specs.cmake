# One INTERFACE target with warnings, hardening and sanitizers; every target of ours links it.
add_library(llmtrail_specs INTERFACE)
target_compile_features(llmtrail_specs INTERFACE cxx_std_20)
target_compile_definitions(llmtrail_specs INTERFACE LLMTRAIL_VERSION="${PROJECT_VERSION}")
target_compile_options(llmtrail_specs INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wno-missing-field-initializers
    -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef
    -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(llmtrail_specs INTERFACE -fstack-clash-protection -ftrivial-auto-var-init=zero
        # g++ 12 sees overlaps and overruns in inlined std::string code where there are none (GCC bugs 105651, 105329).
        $<$<CONFIG:Release,RelWithDebInfo>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64|AMD64")
        target_compile_options(llmtrail_specs INTERFACE -fcf-protection)
    endif()
endif()
target_compile_definitions(llmtrail_specs INTERFACE _GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo" AND NOT LLMTRAIL_SANITIZE)
    target_compile_options(llmtrail_specs INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
target_link_options(llmtrail_specs INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,separate-code -Wl,--as-needed)
if(LLMTRAIL_SANITIZE)
    target_compile_options(llmtrail_specs INTERFACE
        -fsanitize=${LLMTRAIL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(llmtrail_specs INTERFACE -fsanitize=${LLMTRAIL_SANITIZE})
endif()
if(LLMTRAIL_FUZZ)  # without it the fuzzer sees nothing of the code under test
    target_compile_options(llmtrail_specs INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(llmtrail_specs INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
if(LLMTRAIL_SANITIZE)
    # UBSan's tables hold a million addresses: a loader that need not relocate them halves each test's start.
    set(CMAKE_CXX_LINK_OPTIONS_PIE ${CMAKE_CXX_LINK_OPTIONS_NO_PIE})
endif()
# Every library here ends up in an executable: nothing of it can be interposed, and all of it may be inlined.
set(CMAKE_CXX_COMPILE_OPTIONS_PIC ${CMAKE_CXX_COMPILE_OPTIONS_PIE})
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_package(Threads REQUIRED)
target_link_libraries(llmtrail_specs INTERFACE Threads::Threads)
find_program(CCACHE ccache)
if(CCACHE)
    # A precompiled header's own defines and times do not change what is made with it.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(llmtrail_specs INTERFACE -fpch-preprocess)  # for ccache
    endif()
endif()
