# add_module(name dir USES module... [LINKS third-party...] [EXPORTS third-party...])
#
# A static library of every .cpp in DIR (not below it). Its only public include directory is a view in
# the build tree holding one link, NAME -> DIR, so code reads #include "NAME/file.h" and sees only the
# folders it lists under USES. LINKS stay private to the folder's .cpp files; EXPORTS may stand in headers.
function(add_module name dir)
    cmake_parse_arguments(ARG "" "" "USES;LINKS;EXPORTS" ${ARGN})
    set(view ${CMAKE_BINARY_DIR}/views/${name})
    file(MAKE_DIRECTORY ${view})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${dir} ${view}/${name} SYMBOLIC)

    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${dir}/*.cpp)
    if(dir STREQUAL "agent")
        list(FILTER sources EXCLUDE REGEX "main.cpp$")
    endif()
    if(NOT sources)
        set(placeholder ${CMAKE_BINARY_DIR}/views/${name}.cpp)
        file(WRITE ${placeholder} "")
        set(sources ${placeholder})
    endif()
    add_library(llmtrail_${name} STATIC ${sources})
    target_include_directories(llmtrail_${name} PUBLIC ${view})
    foreach(used IN LISTS ARG_USES)
        target_link_libraries(llmtrail_${name} PUBLIC llmtrail_${used})
    endforeach()
    target_link_libraries(llmtrail_${name} PRIVATE llmtrail_specs ${ARG_LINKS})
    if(ARG_EXPORTS)
        target_link_libraries(llmtrail_${name} PUBLIC ${ARG_EXPORTS})
    endif()
    if(NOT TARGET llmtrail_headers)
        add_precompiled(llmtrail_headers ${common_headers})
    endif()
    target_precompile_headers(llmtrail_${name} REUSE_FROM llmtrail_headers)
    set_property(GLOBAL APPEND PROPERTY LLMTRAIL_MODULES ${name})
endfunction()

# What nearly every .cpp includes, read once: a quarter of a clean build. A file still names what it uses.
set(common_headers <algorithm> <array> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view>
    <utility> <vector> <tl/expected.hpp>)

# add_precompiled(name header...): a target of headers for others to reuse that are compiled with the same options.
function(add_precompiled name)
    set(nothing ${CMAKE_BINARY_DIR}/views/${name}.cpp)
    file(CONFIGURE OUTPUT ${nothing} CONTENT "")
    add_library(${name} OBJECT ${nothing})
    target_link_libraries(${name} PRIVATE llmtrail_specs tl::expected)
    target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
