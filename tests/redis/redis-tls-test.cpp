// SPDX-License-Identifier: LGPL-2.1-or-later
#include "redis-backend-test.hpp"

using namespace memo_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

static auto *needs [[maybe_unused]] = ::testing::AddGlobalTestEnvironment (new NeedsPrograms ({ "redis-server", "openssl" }));

// Certificates, made by the run itself.
class Certificates
{
public:
  Certificates ()
  {
    authority ("ca");
    authority ("other-ca");
    folder_.write ("index.txt");
    folder_.write ("serial", "01\n");
    folder_.write ("ca.cnf", "[ca]\ndefault_ca = test\n[test]\ndatabase = index.txt\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\n"
                             "policy = any\n[any]\ncommonName = supplied\n");
    certificate ("good", "subjectAltName=IP:127.0.0.1,DNS:localhost");
    certificate ("wrong-name", "subjectAltName=DNS:example.org");
    certificate ("client", "extendedKeyUsage=clientAuth");
    certificate ("expired", "subjectAltName=IP:127.0.0.1", "20200101000000Z");
  }

  std::string file (const std::string &name) const { return folder_ / name; }

private:
  void run (const std::string &command)
  {
    const std::string all = "cd '" + folder_.path () + "' && openssl " + command + " > log 2>&1";

    if (system (all.c_str ()) != 0)
      {
        g_autofree char *log = nullptr;

        g_file_get_contents (file ("log").c_str (), &log, nullptr, nullptr);
        ADD_FAILURE () << command << ": " << log;
      }
  }

  void authority (const std::string &name)
  {
    run ("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name + " -keyout " + name + ".key -out " +
         name + ".pem");
  }

  // "openssl x509" makes none that is over.
  void certificate (const std::string &name, const std::string &extension, const std::string &end = "20990101000000Z")
  {
    folder_.write (name + ".ext", extension + "\n");
    run ("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " + name + ".csr");
    run ("ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in " + name + ".csr -startdate 20190101000000Z -enddate " +
         end + " -extfile " + name + ".ext -out " + name + ".pem");
  }

  TemporaryFolder folder_;
};

class RedisTlsTest : public RedisTest
{
protected:
  static void SetUpTestSuite () { certificates_ = new Certificates; }
  static void TearDownTestSuite () { delete certificates_; }

  static std::string file (const std::string &name) { return certificates_->file (name); }

  // A server that speaks TLS at one port, and plain at the other.
  void serve (const std::string &name, const std::string &ask_clients = "no")
  {
    server_ = std::make_unique<RealServer> (std::vector<std::string> {
      "--tls-port", std::to_string (port_), "--tls-cert-file", file (name + ".pem"), "--tls-key-file", file (name + ".key"),
      "--tls-ca-cert-file", file ("ca.pem"), "--tls-auth-clients", ask_clients });
  }

  MemoBackend *make (const std::string &query, const char *scheme = "rediss")
  {
    return RedisTest::make (std::string (scheme) + "://127.0.0.1:" + std::to_string (port_) + "/0?" + query);
  }
  MemoBackend *make_with_ca (const std::string &query = "timeout-ms=20000", const std::string &ca = "ca.pem")
  {
    return make (query + "&ca=" + file (ca));
  }

  // It is refused, and said once.
  void expect_refusal (MemoBackend *backend, const std::string &words)
  {
    EXPECT_THAT (open (backend), IsUnavailable (words));
    wait_really_until ([&] { return number (backend, "failures") >= 2; });
    EXPECT_THAT (warnings (), ElementsAre (HasSubstr (words)));
    EXPECT_EQ (number (backend, "connections"), 0u);
  }

  static inline Certificates  *certificates_;
  std::unique_ptr<RealServer>  server_;
  int                          port_ = free_port ();
};

TEST_F (RedisTlsTest, BothConnectionsOfALinkAreEncrypted)
{
  serve ("good");
  auto backend = make_with_ca ("timeout-ms=20000&max-staleness-ms=2000");

  EXPECT_THAT (open (backend), WentWell ());
  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  EXPECT_THAT (load (backend, "d:key"), memo_test::Found ("value"));
  EXPECT_EQ (number (backend, "messages"), 0u);
  server_->say ({ "SET", "memo:d:key", "other" });
  wait_really_until ([&] { return number (backend, "messages") > 0; });
  EXPECT_EQ (number (backend, "connections"), 1u);
}

TEST_F (RedisTlsTest, AServerWhoseCertificateIsGoodIsUsed)
{
  serve ("good");
  auto backend = make_with_ca ();
  const std::string large (3 << 20, 'x');

  EXPECT_THAT (open (backend), WentWell ());
  EXPECT_THAT (store (backend, "d:key", large), WentWell ());
  EXPECT_THAT (load (backend, "d:key"), memo_test::Found (large));
  std::vector<Pending> pending;
  for (int i = 0; i < 2000; i++)
    pending.push_back (Asking (backend).store ("d:" + std::to_string (i), std::string (100, 'x')));
  for (auto &each : pending)
    EXPECT_THAT (wait (each), WentWell ());
  EXPECT_THAT (warnings (), IsEmpty ());
}

TEST_F (RedisTlsTest, AnUnknownAuthorityIsRefused)
{
  serve ("good");
  expect_refusal (make_with_ca ("timeout-ms=20000", "other-ca.pem"), "signed by nobody who is trusted");
}

TEST_F (RedisTlsTest, ThoseOfTheSystemDoNotKnowIt)
{
  serve ("good");
  expect_refusal (make ("timeout-ms=20000"), "signed by nobody who is trusted");
}

TEST_F (RedisTlsTest, ASessionThatIsResumedIsLookedAtAsWell)
{
  serve ("good");
  for (int i = 0; i < 3; i++)
    {
      auto backend = make_with_ca ();

      EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
      EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
    }
  // GIO remembers sessions by the address of the server: this could go on with one of those.
  expect_refusal (make_with_ca ("timeout-ms=20000", "other-ca.pem"), "signed by nobody who is trusted");
}

TEST_F (RedisTlsTest, TheCertificateOfAnotherHostIsRefused)
{
  serve ("wrong-name");
  expect_refusal (make_with_ca (), "another host");
}

TEST_F (RedisTlsTest, AnExpiredCertificateIsRefused)
{
  serve ("expired");
  expect_refusal (make_with_ca (), "expired");
}

TEST_F (RedisTlsTest, AnAuthorityThatCannotBeReadIsSaid)
{
  serve ("good");
  expect_refusal (make_with_ca ("timeout-ms=20000", "none.pem"), "none.pem");
}

TEST_F (RedisTlsTest, AServerMayAskForACertificate)
{
  serve ("good", "yes");
  auto with = make_with_ca ("timeout-ms=20000&cert=" + file ("client.pem") + "&key=" + file ("client.key"));
  EXPECT_THAT (store (with, "d:key", "value"), WentWell ());

  auto without = make_with_ca ();
  EXPECT_THAT (open (without), IsUnavailable (""));
}

TEST_F (RedisTlsTest, PlainToAServerThatWantsTls)
{
  serve ("good");
  auto backend = make ("timeout-ms=2000", "redis");

  EXPECT_THAT (open (backend), IsUnavailable ("redis://"));
  EXPECT_THAT (load (backend, "d:key"), IsUnavailable ("redis://"));
  EXPECT_EQ (number (backend, "connections"), 0u);
}

TEST_F (RedisTlsTest, TlsToAServerThatIsPlain)
{
  server_ = std::make_unique<RealServer> ();
  auto backend = RedisTest::make ("rediss://127.0.0.1:" + std::to_string (server_->port ()) + "/0?timeout-ms=100&ca=" + file ("ca.pem"));

  EXPECT_THAT (open (backend), IsUnavailable ("rediss://"));
  EXPECT_THAT (load (backend, "d:key"), IsUnavailable ("rediss://"));
  EXPECT_EQ (number (backend, "connections"), 0u);
}

TEST_F (RedisTlsTest, AHandshakeThatStallsIsGivenUp)
{
  serve ("good");
  server_->freeze ();
  for (int i = 0; i < 3; i++)
    {
      auto backend = make_with_ca ("timeout-ms=50");

      EXPECT_THAT (open (backend), IsUnavailable ("The TLS handshake took longer than 200 ms"));
      EXPECT_THAT (load (backend, "d:key"), IsUnavailable (""));
      EXPECT_THAT (wait (Asking (backend).close ()), WentWell ());
    }
}

TEST_F (RedisTlsTest, ItComesBack)
{
  serve ("good");
  auto backend = make_with_ca ();

  EXPECT_THAT (store (backend, "d:key", "value"), WentWell ());
  for (guint64 i = 2; i < 6; i++)
    {
      server_->say ({ "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes" });
      wait_really_until ([&] { return number (backend, "connections") == i; });
      EXPECT_THAT (load (backend, "d:key"), memo_test::Found ("value"));
    }
}
