/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Audit records of the CUPS scheduler.
 */

extern int		cupsdAuditJob(cupsd_job_t *job,
			              cupsd_printer_t *printer);
