/* SPDX-License-Identifier: CC0-1.0 */
#include "shop.h"

struct _Shop
{
  GSubprocess      *process;
  GOutputStream    *questions;
  GDataInputStream *answers;
};

Shop *
shop_start (const char *program,
            const char *folder,
            const char *uri,
            double      memory_ttl)
{
  g_autofree char *memory_ttl_text = g_strdup_printf ("%g", memory_ttl);
  const char * const argv[] = { program, "shop", folder, uri, memory_ttl_text, NULL };
  g_autoptr(GError) error = NULL;
  Shop *self = g_new0 (Shop, 1);

  /* What the library says in the log when Redis goes away is expected here. */
  self->process = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                     G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error);
  if (self->process == NULL)
    g_error ("%s", error->message);

  self->questions = g_subprocess_get_stdin_pipe (self->process);
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (self->process));

  return self;
}

void
shop_end (Shop *self)
{
  g_output_stream_close (self->questions, NULL, NULL);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->answers);
  g_object_unref (self->process);
  g_free (self);
}

char *
shop_ask (Shop       *self,
          const char *format,
          ...)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *question = NULL;
  g_autofree char *line = NULL;
  char *answer;
  va_list arguments;

  va_start (arguments, format);
  question = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = g_strconcat (question, "\n", NULL);

  if (!g_output_stream_write_all (self->questions, line, strlen (line), NULL, NULL, &error))
    g_error ("%s: %s", question, error->message);
  answer = g_data_input_stream_read_line (self->answers, NULL, NULL, &error);
  if (answer == NULL)
    g_error ("%s: %s", question, error != NULL ? error->message : "the shop has ended");

  return answer;
}

guint
shop_count (Shop       *self,
            const char *question)
{
  g_autofree char *answer = shop_ask (self, "%s", question);

  return g_ascii_strtoull (answer, NULL, 10);
}

void
shop_tell (Shop       *self,
           const char *question)
{
  g_free (shop_ask (self, "%s", question));
}
