// SPDX-License-Identifier: CC0-1.0

// The quick start in Vala: what is got here comes from loaders that are written in Vala.

class QuickStart {
  private Memo.Cache cache = new Memo.AsyncCache (1000, 300.0);
  private string[] names = { "Ada Almeida", "Amira Andersen", "Anton Bakker" };
  private uint n_loads = 0;
  private int64 left = 8;

  public bool all_right = true;

  // Prints what is so, or complains that it is not.
  private void check (bool condition, string what) {
    if (!condition)
      all_right = false;
    print ("  %s%s\n", condition ? "" : "NOT ", what);
  }

  private void load_user (Memo.Call call) {
    n_loads++;

    var number = int.parse (call.get_key ().substring ("user:".length));
    if (number < 1 || number > names.length) {
      call.return_entry (null);
      return;
    }

    var entry = new Memo.Entry.string (names[number - 1]);
    entry.set_tags ({ "users" });
    call.return_entry ((owned) entry);
  }

  private void load_stock (Memo.Call call) {
    if (left < 0)
      call.return_error (new IOError.INVALID_DATA ("nobody counted"));
    else
      call.return_entry (new Memo.Entry.int64 (left));
  }

  // Answers when the main loop is idle: a loader may take its time.
  private void load_later (Memo.Call call) {
    Idle.add (() => {
      call.return_entry (new Memo.Entry.string ("better late than never"));
      return Source.REMOVE;
    });
  }

  private async Memo.Entry? get_entry (string key,
                                       Memo.Loader loader,
                                       Memo.GetFlags flags = Memo.GetFlags.NONE) throws Error {
    return yield cache.get_async (key, flags, loader, null);
  }

  // The error that a get ends with.
  private async Error? error_of (string key,
                                 Memo.Loader loader,
                                 Memo.GetFlags flags = Memo.GetFlags.NONE) {
    try {
      yield get_entry (key, loader, flags);
    } catch (Error error) {
      return error;
    }
    return null;
  }

  private async bool herd (Memo.Loader loader) {
    const int N_CALLERS = 100;
    var n_waiting = N_CALLERS;
    var n_answered = 0;

    for (var i = 0; i < N_CALLERS; i++) {
      get_entry.begin ("user:2", loader, Memo.GetFlags.NONE, (object, result) => {
        try {
          var entry = get_entry.end (result);
          if (entry != null && entry.get_string () == "Amira Andersen")
            n_answered++;
        } catch (Error error) {
          printerr ("%s\n", error.message);
        }
        if (--n_waiting == 0)
          herd.callback ();
      });
    }
    yield;

    return n_answered == N_CALLERS;
  }

  private async Memo.Loader getting () throws Error {
    print ("A loader in Vala\n");

    // One loader for all users, made once and kept.
    var loader = new Memo.Loader (load_user);

    check (cache.lookup ("user:1") == null, "in memory before anyone asked: nothing");
    check ((yield get_entry ("user:1", loader)).get_string () == "Ada Almeida", "loaded: Ada Almeida");
    check (cache.lookup ("user:1").get_string () == "Ada Almeida", "found in memory: Ada Almeida");
    check ((yield get_entry ("user:9", loader)) == null, "a user whom nobody knows: a miss, no error");
    check (n_loads == 2, "two loads for this");

    check ((yield herd (loader)) && n_loads == 3, "a hundred gets at once, one load");

    var patient = yield get_entry ("later", new Memo.Loader (load_later));
    check (patient.get_string () == "better late than never", "a loader that answers later");

    return loader;
  }

  private async void keeping (Memo.Loader loader) throws Error {
    print ("Set, delete, tags\n");
    cache.set ("greeting", new Memo.Entry.string ("hello"));
    check (cache.lookup ("greeting").get_string () == "hello", "a string");

    cache.set ("point", new Memo.Entry.variant (new Variant ("(dd)", 1.5, 2.5)));
    check (cache.lookup ("point").get_variant ().print (false) == "(1.5, 2.5)", "a variant");

    cache.set ("raw", new Memo.Entry.bytes (new Bytes ({ 0, 1, 2 })));
    check (cache.lookup ("raw").get_bytes ().compare (new Bytes ({ 0, 1, 2 })) == 0, "bytes");

    var action = new SimpleAction ("open", null);
    cache.set ("object", new Memo.Entry.object (action));
    check (cache.lookup ("object").get_object () == action, "an object, the very same");

    check (cache.delete ("greeting") && !cache.delete ("greeting"), "deleted once, and then there is none");
    check (cache.lookup ("greeting") == null, "gone after the delete");

    yield get_entry ("user:3", loader);
    check (cache.contains ("user:3"), "user:3 is there, with the tag users");
    cache.invalidate_tags ({ "users" });
    check (!cache.contains ("user:1") && !cache.contains ("user:3") && cache.contains ("raw"),
           "the tag invalidated: the users are gone and the rest is not");
  }

  private async void refreshing () throws Error {
    print ("Force refresh\n");
    var loader = new Memo.Loader (load_stock);

    check ((yield get_entry ("stock", loader)).get_int64 () == 8, "eight are left");
    left = 5;
    check ((yield get_entry ("stock", loader)).get_int64 () == 8, "five, but a get says eight");
    check ((yield get_entry ("stock", loader, Memo.GetFlags.REFRESH)).get_int64 () == 5, "a refresh says five");
    left = -1;
    var error = yield error_of ("stock", loader, Memo.GetFlags.REFRESH);
    check (error is IOError.INVALID_DATA, @"a refresh fails: $(error.message)");
    check (cache.lookup ("stock").get_int64 () == 5, "the entry is as it was: five");
  }

  private async void failing () {
    print ("Errors\n");
    var refusing = new Memo.Loader ((call) => {
      call.return_error (new IOError.BUSY ("the shop is closed"));
    });
    var error = yield error_of ("refused", refusing);
    check (error is IOError.BUSY, @"of the loader: $(error.message)");

    error = yield error_of ("dropped", new Memo.Loader ((call) => {}));
    check (error is Memo.Error.ABANDONED, "of a call that was dropped unanswered");
  }

  private void constants () {
    print ("Constants\n");
    check (Memo.TTL_DEFAULT == -1.0, "TTL_DEFAULT is -1.0");
    check (Memo.TTL_FOREVER == double.INFINITY, "TTL_FOREVER is infinite");
    check (Memo.UNLIMITED == 4294967295U, "UNLIMITED is 4294967295");
    check (new Memo.AsyncCache (Memo.UNLIMITED, Memo.TTL_FOREVER).maxsize == 4294967295U,
           "and a cache can be made of them");
  }

  private void counting () {
    var metrics = cache.get_metrics ();

    print ("Metrics\n");
    print ("  hits          %4" + uint64.FORMAT + "\n", metrics.hits);
    print ("  misses        %4" + uint64.FORMAT + "\n", metrics.misses);
    print ("  coalesced     %4" + uint64.FORMAT + "\n", metrics.coalesced);
    print ("  loads         %4" + uint64.FORMAT + "\n", metrics.loads);
    print ("  load_failures %4" + uint64.FORMAT + "\n", metrics.load_failures);
    print ("  invalidations %4" + uint64.FORMAT + "\n", metrics.invalidations);
    print ("  size          %4" + uint64.FORMAT + "\n", metrics.size);
    print ("  hit_rate      %8.3f\n", metrics.hit_rate);
    check (metrics.loads == 10 && metrics.coalesced == 99, "as many loads as loaders were called");
  }

  public async void tell () {
    try {
      var loader = yield getting ();
      yield keeping (loader);
      yield refreshing ();
      yield failing ();
      constants ();
      counting ();
    } catch (Error error) {
      check (false, error.message);
    }
  }
}

int main () {
  var story = new QuickStart ();
  var loop = new MainLoop ();

  story.tell.begin (() => loop.quit ());
  loop.run ();

  return story.all_right ? 0 : 1;
}
