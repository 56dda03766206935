# PostgreSQL as Rouse's promises need it: commits wait for the disk, a second machine in another zone has every one of them, and nobody
# outside of the network reaches it.
resource "azurerm_postgresql_flexible_server" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group
  version             = "17"
  sku_name            = var.sku_name
  storage_mb          = var.storage_mb
  auto_grow_enabled   = true

  administrator_login               = "rouse"
  administrator_password_wo         = var.password
  administrator_password_wo_version = var.password_version

  delegated_subnet_id           = var.subnet_id
  private_dns_zone_id           = var.dns_zone_id
  public_network_access_enabled = false

  zone                         = var.zones[0]
  backup_retention_days        = var.backup_days
  geo_redundant_backup_enabled = var.geo_backup

  dynamic "high_availability" {
    for_each = var.high_availability ? [1] : []
    content {
      mode                      = "ZoneRedundant"
      standby_availability_zone = var.zones[1]
    }
  }

  maintenance_window {
    day_of_week = 2
    start_hour  = 9
  }

  tags = var.tags

  lifecycle {
    # After a failover the zones are the other way round.
    ignore_changes = [zone, high_availability[0].standby_availability_zone]
    precondition {
      condition     = !var.high_availability || length(var.zones) > 1
      error_message = "high_availability: it takes two zones."
    }
  }
}

resource "azurerm_postgresql_flexible_server_configuration" "this" {
  for_each = {
    "azure.extensions"         = "TIMESCALEDB,PG_STAT_STATEMENTS"
    "shared_preload_libraries" = "pg_stat_statements,timescaledb"
    "synchronous_commit"       = "on"
    "require_secure_transport" = "on"
  }
  name      = each.key
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = each.value
}

resource "azurerm_postgresql_flexible_server_database" "this" {
  name      = "rouse"
  server_id = azurerm_postgresql_flexible_server.this.id
  charset   = "UTF8"
  collation = "en_US.utf8"
}

resource "azurerm_management_lock" "this" {
  count      = var.high_availability ? 1 : 0
  name       = "keep"
  scope      = azurerm_postgresql_flexible_server.this.id
  lock_level = "CanNotDelete"
  notes      = "The incidents of the whole organisation."
}
