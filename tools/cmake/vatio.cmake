# SPDX-License-Identifier: GPL-3.0-or-later
# One library per folder: every .c of the folder is in it, but for the files named under PROGRAMS, which hold a main.
# PURE libraries see ISO C only; the others see the POSIX and Linux interfaces of the C library.

add_library(vatio_flags INTERFACE)
target_compile_options(vatio_flags INTERFACE
    -ffp-contract=off -fno-common
    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wdouble-promotion
    -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wformat=2 -Wundef
    $<$<BOOL:${VATIO_WERROR}>:-Werror>)
target_compile_definitions(vatio_flags INTERFACE VATIO_VERSION="${PROJECT_VERSION}")
target_include_directories(vatio_flags INTERFACE ${PROJECT_SOURCE_DIR})
if(VATIO_SANITIZE)
    target_compile_options(vatio_flags INTERFACE
        -fsanitize=${VATIO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(vatio_flags INTERFACE -fsanitize=${VATIO_SANITIZE})
endif()
if(VATIO_COVERAGE)
    target_compile_options(vatio_flags INTERFACE --coverage)
    target_link_options(vatio_flags INTERFACE --coverage)
endif()

function(vatio_library name)
    cmake_parse_arguments(arg "PURE" "" "LINK;PROGRAMS;EXTRA" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS *.c)
    foreach(program ${arg_PROGRAMS})
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${program})
    endforeach()
    add_library(vatio_${name} STATIC ${sources} ${arg_EXTRA})
    target_link_libraries(vatio_${name} PUBLIC vatio_flags ${arg_LINK})
    if(NOT arg_PURE)
        target_compile_definitions(vatio_${name} PRIVATE _GNU_SOURCE)
    endif()
endfunction()

function(vatio_program name source)
    cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE ${arg_LINK})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    install(TARGETS ${name} RUNTIME)
endfunction()
