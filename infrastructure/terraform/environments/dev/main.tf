# Small and cheap: one zone's worth of everything, nothing locked.
module "rouse" {
  source             = "../../modules/rouse"
  environment        = "dev"
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
  sku_tier           = "Free"
  network            = "10.41.0.0/16"
  zones              = ["1"]
  system_pool        = { vm_size = "Standard_D2s_v5", min = 1, max = 2 }
  apps_pool          = { vm_size = "Standard_D2s_v5", min = 1, max = 3 }
  replicas           = { min = 2, max = 2 }
  log_days           = 30

  postgres = { sku_name = "B_Standard_B2s", storage_mb = 32768, high_availability = false, geo_backup = false, backup_days = 7 }

  storage = {
    replication = "LRS"
    locked      = false
    containers = {
      backups  = { immutable_days = 1, cool_days = 7, delete_days = 14 }
      archives = { immutable_days = 1, cool_days = 7, delete_days = 30 }
    }
  }
}
