// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <array>
#include <atomic>

#include "memo-test.hpp"

// A MemoBackend whose virtual functions are one function in C++.

namespace memo_test {

enum class Ask { open, load, store, remove, clear, flush, close };

constexpr size_t n_asks = 7;

inline const char *
name_of (Ask what)
{
  constexpr std::array<const char *, n_asks> names { "open", "load", "store", "remove", "clear", "flush", "close" };

  return names[static_cast<size_t> (what)];
}

// How often each thing happened; counted by any thread.
class AskCounter
{
public:
  void count (Ask what) { counts_[static_cast<size_t> (what)]++; }
  int of (Ask what) const { return counts_[static_cast<size_t> (what)]; }
  int all () const
  {
    int sum = 0;

    for (const auto &count : counts_)
      sum += count;
    return sum;
  }

private:
  std::array<std::atomic<int>, n_asks> counts_ {};
};

class BackendActor
{
public:
  virtual ~BackendActor () = default;

  // Is called in whichever thread needs something.  KEY is empty where it is about none.
  virtual void ask (Ask what, const std::string &key, Ref<MemoCall> call) = 0;
};

struct CppBackend
{
  GObject                        parent_instance;
  std::shared_ptr<BackendActor> *actor;
};

struct CppBackendFunctions
{
  template <Ask What>
  static void plain (MemoBackend *self, MemoCall *call) { of (self)->ask (What, "", share (call)); }

  template <Ask What>
  static void keyed (MemoBackend *self, const char *key, MemoCall *call) { of (self)->ask (What, key, share (call)); }

  // Held, since answering may drop the last reference to the backend.
  static std::shared_ptr<BackendActor> of (MemoBackend *self) { return *reinterpret_cast<CppBackend *> (self)->actor; }
};

inline GType
cpp_backend_get_type ()
{
  static const GType type = [] {
    const GType made = g_type_register_static_simple (
      G_TYPE_OBJECT, "MemoTestCppBackend", sizeof (GObjectClass), [] (gpointer klass, gpointer) {
        G_OBJECT_CLASS (klass)->finalize = [] (GObject *object) {
          delete reinterpret_cast<CppBackend *> (object)->actor;
          G_OBJECT_CLASS (g_type_class_peek (G_TYPE_OBJECT))->finalize (object);
        };
      }, sizeof (CppBackend), nullptr, GTypeFlags (0));
    const GInterfaceInfo backend = { [] (gpointer iface, gpointer) {
      auto functions = static_cast<MemoBackendInterface *> (iface);

      functions->open = CppBackendFunctions::plain<Ask::open>;
      functions->load = CppBackendFunctions::keyed<Ask::load>;
      functions->store = CppBackendFunctions::keyed<Ask::store>;
      functions->remove = CppBackendFunctions::keyed<Ask::remove>;
      functions->clear = CppBackendFunctions::plain<Ask::clear>;
      functions->flush = CppBackendFunctions::plain<Ask::flush>;
      functions->close = CppBackendFunctions::plain<Ask::close>;
    }, nullptr, nullptr };

    g_type_add_interface_static (made, MEMO_TYPE_BACKEND, &backend);
    return made;
  } ();

  return type;
}

inline Ref<MemoBackend>
new_backend (std::shared_ptr<BackendActor> actor)
{
  auto made = static_cast<CppBackend *> (g_object_new (cpp_backend_get_type (), nullptr));

  made->actor = new std::shared_ptr<BackendActor> (std::move (actor));
  return adopt (MEMO_BACKEND (made));
}

} // namespace memo_test
