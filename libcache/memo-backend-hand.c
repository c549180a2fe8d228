/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "memo-backend-private.h"
#include "memo-call-private.h"
#include "memo-error.h"

/* How a backend is asked: it is opened once, by whoever asks for something first, and what is asked
 * meanwhile waits for that.  One that could not be opened is tried again by whoever asks next.  One that was asked
 * to open is closed, whatever came of it: it may be trying on by itself. */

typedef enum
{
  UNOPENED,
  OPENING,
  OPEN,
  ENDED,
} State;

typedef struct
{
  MemoBackendWhat  what;
  char            *key;
  MemoCall        *call;
} Wish;

/* What is known of a backend; hangs on it. */
typedef struct
{
  GMutex     lock;
  State      state;
  gboolean   touched;     /* it was asked to open */
  GPtrArray *wishes;      /* while it is being opened */
} Door;

static void
wish_free (Wish *wish)
{
  g_free (wish->key);
  g_object_unref (wish->call);
  g_free (wish);
}

static void
door_free (Door *door)
{
  g_ptr_array_unref (door->wishes);
  g_mutex_clear (&door->lock);
  g_free (door);
}

static Door *
door_of (MemoBackend *self)
{
  static GMutex making;
  GQuark quark = g_quark_from_static_string ("memo-backend-door");
  Door *door = g_object_get_qdata (G_OBJECT (self), quark);

  if (door != NULL)
    return door;

  g_mutex_lock (&making);
  door = g_object_get_qdata (G_OBJECT (self), quark);
  if (door == NULL)
    {
      door = g_new0 (Door, 1);
      g_mutex_init (&door->lock);
      door->wishes = g_ptr_array_new_with_free_func ((GDestroyNotify) wish_free);
      g_object_set_qdata_full (G_OBJECT (self), quark, door, (GDestroyNotify) door_free);
    }
  g_mutex_unlock (&making);

  return door;
}

static void
return_not_supported (MemoBackend *self,
                      MemoCall    *call,
                      const char  *what)
{
  memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_NOT_SUPPORTED,
                                             "%s does not support “%s”", G_OBJECT_TYPE_NAME (self), what));
}

static void
hand_keyed (MemoBackend  *self,
            void        (*func) (MemoBackend *self,
                                 const char  *key,
                                 MemoCall    *call),
            const char   *name,
            const char   *key,
            MemoCall     *call)
{
  if (func != NULL)
    func (self, key, call);
  else
    return_not_supported (self, call, name);
}

/* Asks the backend itself. */
static void
grant (MemoBackend     *self,
       MemoBackendWhat  what,
       const char      *key,
       MemoCall        *call)
{
  MemoBackendInterface *iface = MEMO_BACKEND_GET_IFACE (self);
  void (*plain) (MemoBackend *self, MemoCall *call) = NULL;

  switch (what)
    {
    case MEMO_BACKEND_LOAD:
      hand_keyed (self, iface->load, "load", key, call);
      return;

    case MEMO_BACKEND_STORE:
      hand_keyed (self, iface->store, "store", key, call);
      return;

    case MEMO_BACKEND_REMOVE:
      hand_keyed (self, iface->remove, "remove", key, call);
      return;

    case MEMO_BACKEND_CLEAR:
      if (iface->clear != NULL)
        iface->clear (self, call);
      else
        return_not_supported (self, call, "clear");
      return;

    case MEMO_BACKEND_FLUSH:
      plain = iface->flush;
      break;

    case MEMO_BACKEND_CLOSE:
      plain = iface->close;
      break;

    case MEMO_BACKEND_OPEN:
    default:
      break;
    }

  if (plain != NULL)
    plain (self, call);
  else
    memo_call_return_nothing (call);
}

/* --- opening --- */

/* What waits; NULL when nothing does, and the door is open to all then. */
static GPtrArray *
take_wishes (Door  *door,
             State  state)
{
  GPtrArray *wishes = NULL;

  g_mutex_lock (&door->lock);

  if (door->wishes->len > 0)
    {
      wishes = g_steal_pointer (&door->wishes);
      door->wishes = g_ptr_array_new_with_free_func ((GDestroyNotify) wish_free);
    }
  if (door->state == OPENING && (wishes == NULL || state == UNOPENED))
    door->state = state;

  g_mutex_unlock (&door->lock);

  return wishes;
}

/* Whoever asks meanwhile stands behind those who wait, or would be served before them. */
static void
grant_wishes (MemoBackend *self,
              Door        *door)
{
  GPtrArray *wishes;

  while ((wishes = take_wishes (door, OPEN)) != NULL)
    {
      for (guint i = 0; i < wishes->len; i++)
        {
          Wish *wish = g_ptr_array_index (wishes, i);

          /* What was cancelled while it waited need not be done; nobody cancels the end. */
          if (memo_call_is_open (wish->call) || wish->what == MEMO_BACKEND_CLOSE)
            grant (self, wish->what, wish->key, wish->call);
        }
      g_ptr_array_unref (wishes);
    }
}

static void
refuse_wishes (MemoBackend  *self,
               Door         *door,
               const GError *error)
{
  g_autoptr(GPtrArray) wishes = take_wishes (door, UNOPENED);

  for (guint i = 0; wishes != NULL && i < wishes->len; i++)
    {
      Wish *wish = g_ptr_array_index (wishes, i);

      if (wish->what == MEMO_BACKEND_CLOSE)
        grant (self, wish->what, NULL, wish->call);
      else
        memo_call_return_error (wish->call, g_error_copy (error));
    }
}

static void
opened (gpointer   owner,
        MemoEntry *entry,
        GError    *error)
{
  MemoBackend *self = owner;
  Door *door = door_of (self);

  if (error == NULL)
    grant_wishes (self, door);
  else
    refuse_wishes (self, door, error);

  g_clear_pointer (&entry, memo_entry_unref);
  g_clear_error (&error);
}

static const MemoCallOwner opening_owner = {
  .answered = opened,
  .release = g_object_unref,
};

void
memo_backend_hand (MemoBackend     *self,
                   MemoBackendWhat  what,
                   const char      *key,
                   MemoCall        *call)
{
  MemoBackendInterface *iface = MEMO_BACKEND_GET_IFACE (self);
  Door *door = door_of (self);
  gboolean begin = FALSE;
  State state;

  g_mutex_lock (&door->lock);

  /* What needs no opening is open, and what was never opened need not be closed. */
  if (door->state == UNOPENED && iface->open == NULL)
    door->state = OPEN;
  else if (door->state == UNOPENED && what == MEMO_BACKEND_CLOSE)
    door->state = door->touched ? OPEN : ENDED;
  state = door->state;

  if (state == UNOPENED || state == OPENING)
    {
      Wish *wish = g_new (Wish, 1);

      wish->what = what;
      wish->key = g_strdup (key);
      wish->call = g_object_ref (call);
      g_ptr_array_add (door->wishes, wish);

      begin = state == UNOPENED;
      door->state = OPENING;
      door->touched = TRUE;
    }

  /* Nothing is asked any more after this; what was asked before is answered. */
  if (what == MEMO_BACKEND_CLOSE)
    door->state = ENDED;

  g_mutex_unlock (&door->lock);

  if (begin)
    {
      g_autoptr(MemoCall) opening = memo_call_new_question (NULL, NULL, NULL, &opening_owner, g_object_ref (self));

      iface->open (self, opening);
    }
  else if (state == OPEN)
    {
      grant (self, what, key, call);
    }
  else if (state == ENDED && what == MEMO_BACKEND_CLOSE)
    {
      memo_call_return_nothing (call);
    }
  else if (state == ENDED)
    {
      memo_call_return_error (call, g_error_new (MEMO_ERROR, MEMO_ERROR_CLOSED, "%s is closed",
                                                 G_OBJECT_TYPE_NAME (self)));
    }
}
