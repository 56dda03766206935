terraform {
  required_version = ">= 1.11"
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.2" }
  }
  # Storage account and container come from `terraform init -backend-config=FILE`: they are there before all else.
  backend "azurerm" {
    key              = "rouse-dev.tfstate"
    use_azuread_auth = true
  }
}

provider "azurerm" {
  storage_use_azuread = true
  features {}
}
