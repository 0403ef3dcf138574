/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Audit records of the CUPS scheduler.
 */

#include "cupsd.h"
#ifdef HAVE_LIBAUDIT
#  include <libaudit.h>


/*
 * 'write_record()' - Record that a printer gets a job.
 */

static int				/* O - 0 or the errno of the failure */
write_record(
    cupsd_job_t     *job,		/* I - Job */
    cupsd_printer_t *printer,		/* I - Printer */
    const char      **operation)	/* O - Function that failed */
{
  static int	fd = -1;		/* Socket, closed when programs start */
  int		error = 0;		/* errno of the failure */
  char		*acct,			/* User, encoded */
		*name,			/* Printer, encoded */
		message[1024];		/* Text of the record */


  *operation = "audit_open";
  if (fd < 0 && (fd = audit_open()) < 0)
    return (errno);

  *operation = "audit_log_user_message";
  acct       = audit_encode_nv_string("acct", job->username, 0);
  name       = audit_encode_nv_string("printer", printer->name, 0);

  if (!acct || !name)
  {
    error = ENOMEM;
  }
  else
  {
    snprintf(message, sizeof(message), "op=print job=%d %s %s", job->id, acct,
             name);
    if (audit_log_user_message(fd, AUDIT_USER_UNLABELED_EXPORT, message, NULL,
                               NULL, NULL, 1) <= 0)
      error = errno ? abs(errno) : EIO;
  }

  free(acct);
  free(name);

  return (error);
}


/*
 * 'hold_job()' - Keep a job that must not print without a record.
 */

static void
hold_job(
    cupsd_job_t                   *job,	/* I - Job */
    const struct auditfail_answer *why)	/* I - Answer of the policy */
{
  if (why->file[0])
    cupsdLogJob(job, CUPSD_LOG_ERROR, "Held, as %s:%u says.", why->file,
                why->line);
  else
    cupsdLogJob(job, CUPSD_LOG_ERROR,
                "Held, because no audit failure policy was found.");

  cupsdSetJobHoldUntil(job, "indefinite", 1);
  cupsdSetJobState(job, IPP_JOB_HELD, CUPSD_JOB_DEFAULT,
                   "Job held because its audit record could not be written.");
}


/*
 * 'cupsdAuditJob()' - Record a job before it prints.
 *
 * If the record is lost, the audit failure policy decides.  A scheduler
 * without privileges cannot write records, and prints.
 */

int					/* O - 1 to print, 0 if the job is held */
cupsdAuditJob(cupsd_job_t     *job,	/* I - Job */
              cupsd_printer_t *printer)	/* I - Printer */
{
  struct auditfail_question question =	/* The lost record */
  {
    .application = "cupsd",
    .record      = "USER_UNLABELED_EXPORT"
  };
  struct auditfail_answer answer;	/* What to do */
  enum auditfail_action	action;		/* What to do, in short */


  if (geteuid() != 0)
    return (1);

  if ((question.error = write_record(job, printer, &question.operation)) == 0)
    return (1);

  action = auditfail_ask(&question, &answer);

 /*
  * If auditfail is not installed, jobs print as they always did...
  */

  if (action == AUDITFAIL_IGNORE ||
      (answer.via == AUDITFAIL_VIA_BUILTIN && answer.cause == ENOENT))
    return (1);

  cupsdLogJob(job, CUPSD_LOG_ERROR, "Unable to write audit record - %s.",
              strerror(question.error));
  if (action == AUDITFAIL_LOG)
    return (1);

  hold_job(job, &answer);
  return (0);
}


#else
/*
 * 'cupsdAuditJob()' - Print without a record.
 */

int					/* O - 1 to print */
cupsdAuditJob(cupsd_job_t     *job,	/* I - Job */
              cupsd_printer_t *printer)	/* I - Printer */
{
  (void)job;
  (void)printer;

  return (1);
}
#endif /* HAVE_LIBAUDIT */
