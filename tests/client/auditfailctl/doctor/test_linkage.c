/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which file calls libaudit, and which starts PAM: of files that cannot be read, and of made ones. */
#include "client/auditfailctl/subject/linkage.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "protocol/cleanup.h"
#include "tests/harness/elf_maker.h"

/* The linkage of files that cannot be read, and so may call everything. NAMES ends with NULL. */
static struct linkage link_unknown(const char *const *names) {
        struct linkage linkage = { 0 };

        for (; *names; names++)
                linkage_add(&linkage, *names, NULL);
        linkage_finish(&linkage);
        return linkage;
}

Test(linkage, a_file_that_cannot_be_read_calls_the_libraries_that_are_there) {
        static const struct {
                const char *names[5], *audit;
                bool pam, stub;
        } cases[] = {
                { { "", "libc.so.6" }, NULL, false, false },
                { { "", "libaudit.so.1" }, "", false, false },
                { { "libother.so.1", "", "libaudit.so.1" }, "libother.so.1", false, false },
                { { "", "libpam.so.0" }, NULL, true, false },
                { { "libpam.so.0", "libaudit.so.1" }, NULL, false, false },
                { { "libpam.so.0", "libpam.so.0", "", "libaudit.so.1" }, "", true, false },
                { { "libauditfail.so.0", "libauditfail-preload.so" }, NULL, false, true },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                cleanup(linkage_clear) struct linkage linkage = link_unknown(cases[i].names);
                cr_assert_eq(linkage.audit != NULL, cases[i].audit != NULL, "%zu", i);
                if (linkage.audit)
                        cr_assert_str_eq(linkage.audit, cases[i].audit, "%zu", i);
                cr_assert_eq(linkage.pam, cases[i].pam, "%zu", i);
                cr_assert_eq(linkage.stub, cases[i].stub, "%zu", i);
                cr_assert_eq(linkage_is_direct(&linkage), linkage.audit && !*linkage.audit, "%zu", i);
        }
}

static char folder[] = "/dev/shm/test-linkage-XXXXXX";

static void write_elf(const char *path, const struct Elf64_made *made) {
        cleanup(cleanup_file) FILE *file = fopen(path, "we");
        cr_assert(file && fwrite(made, sizeof(*made), 1, file) == 1);
}

static void remove_folder(void) {
        char command[64];

        snprintf(command, sizeof(command), "rm -r %s", folder);
        cr_assert_eq(system(command), 0);
}

/* The made program wants libaudit.so.1 and libc.so.6. Its machine has no libraries here but those of its runpath. */
static void assert_runpath(const char *runpath) {
        cleanup(linkage_clear) struct linkage linkage = { 0 };
        cleanup(elf_file_clear) struct elf_file elf = { 0 };
        struct Elf64_made made = Elf64_make();
        cleanup(cleanup_file) FILE *file = tmpfile();
        char path[64];

        made.header.e_machine = EM_ALPHA;
        cr_assert(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/lib", folder);
        cr_assert_eq(mkdir(path, 0755), 0);
        snprintf(path, sizeof(path), "%s/lib/libaudit.so.1", folder);
        write_elf(path, &made);
        snprintf(path, sizeof(path), "%s/program", folder);
        cr_assert(file && fwrite(&made, sizeof(made), 1, file) == 1 && fflush(file) == 0);
        cr_assert_eq(elf_file_read(fileno(file), &elf), 0);
        elf.runpath = runpath;
        linkage_find(&elf, path, &linkage);
        cr_assert(linkage.has_libaudit, "%s", runpath);
        cr_assert_str_eq(linkage.lost, "libc.so.6");
}

Test(linkage, origin_is_the_folder_of_the_program, .fini = remove_folder) {
        assert_runpath("/nonexistent:$ORIGIN/lib");
}

Test(linkage, origin_may_stand_in_braces, .fini = remove_folder) {
        assert_runpath("${ORIGIN}/lib:");
}
