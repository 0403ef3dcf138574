/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of /proc that may hold anything: as "status", and as a number alone. What is read stands there. */
#include <errno.h>
#include <inttypes.h>

#include "protocol/cleanup.h"
#include "protocol/proc.h"
#include "tests/fuzz/kept_file.h"

#define READ_MAX 4095 /* bytes of status that count */
#define ID_MAX   31   /* and of a number */

static void check_status(int folder, const char *text, const char *label, unsigned base) {
        const char *at = strstr(text, label) ?: "";
        uint64_t number = 0, expected;
        int r = proc_read_status(folder, label, 0, base, &number);

        at += strlen(at) > 0 ? strlen(label) : 0;
        at += strspn(at, "\t");
        /* strtoull() alone takes blanks, signs and 0x. */
        cleanup(cleanup_free) char *digits = strndup(at, strspn(at, base == 10 ? "0123456789" : "0123456789abcdef"));
        CHECK(digits);
        errno = 0;
        expected = strtoull(digits, NULL, (int)base);
        CHECK(r == (*digits && errno == 0 ? 0 : -ENODATA));
        CHECK(r < 0 || number == expected);
}

static void check_id(int folder, const char *text) {
        uint32_t number;
        char again[16];
        int r = proc_read_id(folder, "status", &number);

        CHECK(r == 0 || r == -EBADMSG);
        if (r < 0)
                return;
        snprintf(again, sizeof(again), "%" PRIu32, number);
        size_t zeros = strspn(text, "0"), digits = number > 0 ? strlen(again) : 0;
        zeros = zeros < ID_MAX ? zeros : ID_MAX;
        text += zeros;
        CHECK(strncmp(text, again, digits) == 0);
        CHECK(text[digits] == '\0' || text[digits] == '\n' || zeros + digits == ID_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        size_t length = size < READ_MAX ? size : READ_MAX;
        cleanup(cleanup_free) char *text = calloc(1, length + 1);

        CHECK(text);
        memcpy(text, data, length);
        keep_file("status", data, size);
        cleanup(cleanup_fd) int folder = open(kept_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
        CHECK(folder >= 0);
        check_status(folder, text, "\nUid:", 10);
        check_status(folder, text, "\nCapEff:", 16);
        check_id(folder, text);
        return 0;
}
