# embed_texts(module header function file...): FUNCTION() of HEADER gives the FILEs of the source tree, name and content, from
# the program itself. What ships beside the program and what the program writes are then one text.
function(embed_texts module header function)
    set(code "#include \"${header}\"\n\nnamespace llmtrail {\n\nstatic constexpr ShippedFile kFiles[] = {\n")
    foreach(name IN LISTS ARGN)
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name})
        file(READ ${CMAKE_CURRENT_SOURCE_DIR}/${name} content)
        string(APPEND code "{\"${name}\", R\"~~~(${content})~~~\"},\n")
    endforeach()
    string(APPEND code "};\n\nstd::span<const ShippedFile> ${function}() {\n    return kFiles;\n}\n\n}  // namespace llmtrail\n")
    set(source ${CMAKE_BINARY_DIR}/embedded/${module}_${function}.cpp)
    file(GENERATE OUTPUT ${source} CONTENT "${code}")
    target_sources(llmtrail_${module} PRIVATE ${source})
endfunction()
