# Three zones, a database with a second machine, backups in another region, and what is written stays.
module "rouse" {
  source             = "../../modules/rouse"
  environment        = "prod"
  location           = var.location
  suffix             = var.suffix
  zone               = var.zone
  admin_groups       = var.admin_groups
  api_allow          = var.api_allow
  operators          = var.operators
  senders            = var.senders
  tell               = var.tell
  postgres_password  = var.postgres_password
  secret_variables   = var.secret_variables
  secrets            = var.secrets
  secrets_version    = var.secrets_version
  kubernetes_version = "1.34"
  sku_tier           = "Standard"
  network            = "10.40.0.0/16"
  zones              = ["1", "2", "3"]
  system_pool        = { vm_size = "Standard_D2s_v5", min = 3, max = 6 }
  apps_pool          = { vm_size = "Standard_D4s_v5", min = 3, max = 9 }
  replicas           = { min = 3, max = 9 }
  log_days           = 90

  postgres = { sku_name = "GP_Standard_D4ds_v5", storage_mb = 131072, high_availability = true, geo_backup = true, backup_days = 35 }

  storage = {
    replication = "GZRS"
    locked      = true
    containers = {
      backups  = { immutable_days = 30, cool_days = 30, delete_days = 90 }
      archives = { immutable_days = 365, cool_days = 30, delete_days = 2555 }
    }
  }
}
