/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Criterion's parameterized tests, which also run if the linker optimises (-flto).
 *
 * Criterion finds its tests through pointers in the section cr_tst. It marks the pointer of a plain test as used, but
 * not the pointer of a parameterized test. Nothing refers to that pointer, so the linker drops it and its test.
 */
#ifndef AUDITFAIL_TEST_PARAMETERIZED_H
#define AUDITFAIL_TEST_PARAMETERIZED_H

#include <criterion/parameterized.h>

#undef ParameterizedTest
#define ParameterizedTest(Parameter, Suite, Name, ...)                                                                 \
        CR_ATTRIBUTE(used) CR_SECTION_("cr_tst") struct criterion_test *CR_IDENTIFIER_(Suite, Name, ptr);              \
        CR_PARAM_TEST_BASE(Parameter, Suite, Name, .sentinel_ = 0, ##__VA_ARGS__)

#endif
