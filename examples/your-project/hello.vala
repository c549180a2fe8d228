// SPDX-License-Identifier: CC0-1.0

async void greet (Memo.Cache cache, Memo.Loader loader) throws Error {
  for (var i = 0; i < 2; i++) {
    var entry = yield cache.get_async ("user:42", Memo.GetFlags.NONE, loader, null);

    print ("%s\n", entry.get_string ());
  }
}

void main () {
  var loop = new MainLoop ();
  var cache = new Memo.AsyncCache (1000, 300.0);
  var loader = new Memo.Loader.in_thread ((call) => {
    print ("asking for %s, which is slow\n", call.get_key ());
    call.return_entry (new Memo.Entry.string ("Ada"));
  });

  greet.begin (cache, loader, (source, result) => {
    try {
      greet.end (result);
    } catch (Error error) {
      printerr ("%s\n", error.message);
    }
    loop.quit ();
  });
  loop.run ();
}
