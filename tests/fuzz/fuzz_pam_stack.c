/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stack of a PAM service, which may include itself. Each part of the line that is found stands in the file. */
#include <stdlib.h>

#include "client/auditfailctl/subject/pam_stack.h"
#include "tests/fuzz/kept_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const char *folders[] = { kept_folder, NULL };
        struct pam_line line = { 0 };
        size_t lines = 1;

        keep_file("service", data, size);
        for (size_t i = 0; i < size; i++)
                lines += data[i] == '\n';
        pam_stack_find(folders, "service", &line);
        CHECK(line.service && strcmp(line.service, "service") == 0);
        if (line.file) {
                CHECK(strcmp(line.file, kept_path) == 0 && line.line >= 1 && line.line <= lines);
                CHECK(line.control && line.types);
                CHECK(!line.application || memmem(data, size, "application=", strlen("application=")));
                (void)pam_line_is_optional(&line);
        }
        pam_line_clear(&line);
        return 0;
}
