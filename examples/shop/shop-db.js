// SPDX-License-Identifier: CC0-1.0

// The shop's database, as a program would have one that knows nothing of caches.
//
// GJS has no SQLite, so the program sqlite3 asks it: one process, which answers one query after another. Its answers are
// counted here, as they come from the database.

import Gio from 'gi://Gio';

Gio._promisify(Gio.DataInputStream.prototype, 'read_line_async', 'read_line_finish_utf8');

const END = '-- end of the answer --';

const USER = `
  SELECT users.id, users.name, users.email, users.city,
         count (orders.id) AS orders, coalesce (sum (orders.quantity * products.price_cents), 0) AS spent_cents
    FROM users
    LEFT JOIN orders   ON orders.user_id = users.id
    LEFT JOIN products ON products.id = orders.product_id`;

const SESSION = `
  SELECT sessions.token, sessions.user_id, users.name AS user_name, sessions.expires
    FROM sessions JOIN users ON users.id = sessions.user_id`;

function quoted(value) {
  if (Number.isSafeInteger(value))
    return String(value);
  if (typeof value === 'string' && !value.includes('\0'))
    return `'${value.replaceAll("'", "''")}'`;
  throw new TypeError(`the shop asks its database for numbers and text, and not for ${value}`);
}

export class ShopDb {
  constructor(path) {
    this._program = Gio.Subprocess.new(['sqlite3', '-init', '/dev/null', '-batch', '-readonly', '-json', path],
      Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE);
    this._questions = this._program.get_stdin_pipe();
    this._answers = new Gio.DataInputStream({base_stream: this._program.get_stdout_pipe()});
    this._last = Promise.resolve();
    this.n_queries = 0;
  }

  /** Asks for a user; gives its row, or undefined. */
  async get_user(id) {
    return (await this._query(`${USER} WHERE users.id = ${quoted(id)} GROUP BY users.id;`))[0];
  }

  /** Asks for all users, at once. */
  get_all_users() {
    return this._query(`${USER} GROUP BY users.id;`);
  }

  /** Asks for the session of a token; gives its row, or undefined. */
  async get_session(token) {
    return (await this._query(`${SESSION} WHERE sessions.token = ${quoted(token)};`))[0];
  }

  close() {
    this._questions.close(null);
    this._program.wait(null);
  }

  // One after another, in the order in which they are asked.
  _query(sql) {
    const answer = this._last.then(() => this._ask(sql));
    this._last = answer.catch(() => {});
    return answer;
  }

  async _ask(sql) {
    this._questions.write_all(new TextEncoder().encode(`${sql}\n.print ${END}\n`), null);

    const lines = [];
    for (;;) {
      const [line] = await this._answers.read_line_async(0, null);
      if (line === null)
        throw new Error('the database has ended');
      if (line === END)
        break;
      lines.push(line);
    }
    this.n_queries++;
    return lines.length > 0 ? JSON.parse(lines.join('\n')) : [];
  }
}
