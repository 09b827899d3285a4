# SPDX-License-Identifier: GPL-3.0-or-later
# Turns the text file INPUT into the C file OUTPUT that defines it as `const char SYMBOL[]`, declared in HEADER.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x0a,)" "\\1\n    " bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\nconst char ${SYMBOL}[] = {\n    ${bytes}0x00};\n")
