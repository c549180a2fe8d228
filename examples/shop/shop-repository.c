/* SPDX-License-Identifier: CC0-1.0 */
#include "shop-repository.h"

struct _ShopRepository
{
  GObject  parent_instance;

  ShopDb  *db;
  guint    n_asked;
};

G_DEFINE_FINAL_TYPE (ShopRepository, shop_repository, G_TYPE_OBJECT)

static void
shop_repository_finalize (GObject *object)
{
  ShopRepository *self = SHOP_REPOSITORY (object);

  shop_db_unref (self->db);

  G_OBJECT_CLASS (shop_repository_parent_class)->finalize (object);
}

static void
shop_repository_class_init (ShopRepositoryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = shop_repository_finalize;
}

static void
shop_repository_init (ShopRepository *self)
{
}

ShopRepository *
shop_repository_new (ShopDb *db)
{
  ShopRepository *self = g_object_new (SHOP_TYPE_REPOSITORY, NULL);

  self->db = shop_db_ref (db);

  return self;
}

/* Who asks does so in the main loop: the count needs no lock. */
ShopDb *
shop_repository_ask (ShopRepository *self)
{
  self->n_asked++;

  return self->db;
}

guint
shop_repository_get_n_asked (ShopRepository *self)
{
  return self->n_asked;
}
